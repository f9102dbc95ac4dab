import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { formatPath, type Path, type Problem } from './problem.js';

/** A mistake in a source file, at the place where the user can mend it. */
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

/** YAML text with the place of every value in it. */
export class YamlSource implements Source {
  readonly value: unknown;
  readonly errors: readonly SourceError[];
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(
    text: string,
    readonly file: string,
  ) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const errors = [...this.#document.errors, ...this.#document.warnings].map((error) =>
      this.#errorAt(error.pos[0], [], error.message),
    );
    visit(this.#document, {
      Alias: (_key, alias) => {
        if (alias.resolve(this.#document) === undefined) {
          errors.push(
            this.#errorAt(alias.range?.[0] ?? 0, [], `alias *${alias.source} has no anchor &${alias.source}`),
          );
        }
      },
    });
    this.errors = errors;
    this.value = errors.length === 0 ? this.#document.toJS() : undefined;
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
    let node = this.#resolve(this.#document.contents);
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
    return (isAlias(node) ? node.resolve(this.#document) : node) ?? undefined;
  }
}
