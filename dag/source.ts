import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  YAMLParseError,
} from 'yaml';
import { formatBytes } from './bytes.js';
import { InexactJsonError } from './exact-json.js';
import { yamlFlaws } from './exact-yaml.js';
import { maxJsonDepth } from './json-limits.js';
import { formatPath, type Path, type Problem } from './problem.js';
import { deepAt, yamlValue } from './yaml-value.js';

/** A mistake in a source file, at the place where the user can fix it. */
export interface SourceError {
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** Where in the document, such as `tasks[2].with.folder`; empty for the document itself. */
  path: string;
  message: string;
  hint?: string;
}

/** `file:line:column: path: message (hint)`. */
export function formatSourceError(error: SourceError): string {
  const where = `${error.file}:${error.line}:${error.column}`;
  const what = error.path === '' ? error.message : `${error.path}: ${error.message}`;
  return `${where}: ${what}${error.hint === undefined ? '' : ` (${error.hint})`}`;
}

/** Compares two errors, for sorting by file and then from top to bottom. */
export function bySourcePosition(a: SourceError, b: SourceError): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

/** What a document was read from: its value, and the place of every part of it. */
export interface Source {
  /** The plain value; undefined when there are {@link errors}. */
  readonly value: unknown;
  /** What stands in the way of a value, such as a mistake in the syntax. */
  readonly errors: readonly SourceError[];
  /** Gives a problem its file, line and column. A missing value is placed at what should contain it. */
  locate(problem: Problem): SourceError;
}

/** Most bytes of a file with YAML. A document that fits into a run is smaller. */
const maxYamlBytes = 4 * 1024 ** 2;

/** Most mistakes in the syntax that are reported: the first one is often the cause of all others. */
const maxErrors = 20;

/** YAML text with the place of every value in it. */
export class YamlSource implements Source {
  readonly value: unknown;
  readonly errors: readonly SourceError[];
  readonly #root: Node | null;
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #lines = new LineCounter();

  constructor(
    text: string,
    readonly file: string,
  ) {
    const { document, errors } = this.#parse(text);
    this.#root = document?.contents ?? null;
    const { value, problems, targets } = yamlValue(this.#root);
    this.#targets = targets;
    this.errors = [
      ...errors,
      ...(errors.length > 0 ? [] : problems).map(({ node, message }) =>
        this.#errorAt(node?.range?.[0] ?? 0, [], message),
      ),
    ];
    this.value = this.errors.length === 0 ? value : undefined;
  }

  /** The one document in the text. Of what could take the parser long there is no document. */
  #parse(text: string): { document?: Document.Parsed; errors: SourceError[] } {
    if (text.length > maxYamlBytes) {
      const message = `the file has ${formatBytes(text.length)}, at most ${formatBytes(maxYamlBytes)} are allowed`;
      return { errors: [this.#errorAt(0, [], message)] };
    }
    const tokens = [...new Parser(this.#lines.addNewLine).parse(text)];
    for (const token of tokens) {
      const offset = token.type === 'document' ? deepAt(token.value) : undefined;
      if (offset !== undefined) {
        const message = `lists and maps are nested more than ${maxJsonDepth} levels deep`;
        return { errors: [this.#errorAt(offset, [], message)] };
      }
    }
    const [document, second] = new Composer({ prettyErrors: false, uniqueKeys: false }).compose(
      tokens,
      true,
      text.length,
    );
    if (document === undefined) return { errors: [] };
    const errors = [...document.errors, ...document.warnings]
      .slice(0, maxErrors)
      .map((error) => this.#errorAt(error.pos[0], [], error.message));
    if (second !== undefined) {
      errors.push(this.#errorAt(second.range[0], [], 'a second document begins here: a file has one'));
    }
    if (document.directives.yaml.version !== '1.2') {
      errors.push(
        this.#errorAt(0, [], `YAML ${document.directives.yaml.version} is not supported: expected 1.2`),
      );
    }
    for (const { offset, message, hint } of yamlFlaws(document).slice(0, maxErrors)) {
      errors.push({ ...this.#errorAt(offset, [], message), hint });
    }
    return { document, errors };
  }

  locate(problem: Problem): SourceError {
    const error = this.#errorAt(this.#offset(problem.path, problem.on), problem.path, problem.message);
    return problem.hint === undefined ? error : { ...error, hint: problem.hint };
  }

  #errorAt(offset: number, path: Path, message: string): SourceError {
    const { line, col } = this.#lines.linePos(offset);
    return {
      file: this.file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      path: formatPath(path),
      message,
    };
  }

  #offset(path: Path, on: 'key' | 'value'): number {
    let node = this.#resolve(this.#root);
    let offset = node?.range?.[0] ?? 0;
    for (const [depth, segment] of path.entries()) {
      const last = depth === path.length - 1;
      if (isMap<Node, Node | null>(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
        if (pair === undefined) return offset;
        const keyStart = pair.key.range?.[0] ?? offset;
        offset = last && on === 'key' ? keyStart : (pair.value?.range?.[0] ?? keyStart);
        node = this.#resolve(pair.value);
      } else if (isSeq<Node>(node)) {
        const item = node.items[Number(segment)];
        if (item === undefined) return offset;
        offset = item.range?.[0] ?? offset;
        node = this.#resolve(item);
      } else {
        return offset;
      }
    }
    return offset;
  }

  #resolve(node: Node | null | undefined): Node | undefined {
    return (isAlias(node) ? this.#targets.get(node) : node) ?? undefined;
  }
}

/**
 * Parses a value of one setting or param that is written in YAML, as strictly as a file.
 * @throws YAMLParseError @throws InexactJsonError for a number that JSON doesn't hold
 */
export function parseExactYaml(text: string): unknown {
  const { value, errors } = new YamlSource(text, '');
  const [error] = errors;
  if (error === undefined) return value;
  // Numbers alone come with a hint how to write them instead.
  if (error.hint !== undefined) throw new InexactJsonError(`${error.message} (${error.hint})`);
  throw new YAMLParseError([0, 0], 'UNEXPECTED_TOKEN', error.message);
}
