import { formatPath, type Path, type Problem } from '../problem.js';
import type { Source, SourceError } from '../source.js';
import type { CallSite } from './call-site.js';

// Registered, so that a DAG made by another copy of this module is known too.
const content: unique symbol = Symbol.for('nightjar.dag');

/** A DAG written in TypeScript: what `dag()` returns, to be exported by default. */
export interface DagDefinition {
  readonly [content]: {
    /** What YAML would hold. */
    readonly document: Record<string, unknown>;
    /** Which calls made what of the document, by its formatted path; the whole of it by ''. */
    readonly sites: ReadonlyMap<string, CallSite>;
  };
}

export function defineDag(
  document: Record<string, unknown>,
  sites: ReadonlyMap<string, CallSite>,
): DagDefinition {
  return { [content]: { document, sites } };
}

export function isDagDefinition(value: unknown): value is DagDefinition {
  return typeof value === 'object' && value !== null && content in value;
}

/** The document of a DAG in TypeScript; a part of it has its place where the call is that made it. */
export class DefinitionSource implements Source {
  readonly value: unknown;
  readonly errors: readonly SourceError[];
  readonly #sites: ReadonlyMap<string, CallSite>;

  constructor(
    definition: DagDefinition,
    /** Where the source of the code is that ran at a place. */
    private readonly placeOf: (site: CallSite | undefined) => Pick<SourceError, 'file' | 'line' | 'column'>,
  ) {
    const { document, sites } = definition[content];
    this.#sites = sites;
    this.errors = [...roundedNumbers(document)].map(({ path, value }) =>
      this.locate({
        path,
        on: 'value',
        message: `the number ${value} may have been rounded: JavaScript has read it already`,
        hint: 'write it as text',
      }),
    );
    this.value = this.errors.length === 0 ? document : undefined;
  }

  locate({ path, message, hint }: Problem): SourceError {
    let length = path.length;
    while (length > 0 && !this.#sites.has(formatPath(path.slice(0, length)))) length--;
    const place = this.placeOf(this.#sites.get(formatPath(path.slice(0, length))));
    return { ...place, path: formatPath(path), message, ...(hint !== undefined && { hint }) };
  }
}

/** Whole numbers with more digits than JavaScript keeps: nobody can tell any more how they were written. */
function* roundedNumbers(value: unknown, path: Path = []): Generator<{ path: Path; value: number }> {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    yield { path, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value))
    yield* roundedNumbers(inner, [...path, Array.isArray(value) ? Number(key) : key]);
}
