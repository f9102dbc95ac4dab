import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { SourceMap, type SourceMapping } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CallSite, framesOf } from '../../dag/builder/call-site.js';
import { DefinitionSource, isDagDefinition } from '../../dag/builder/definition.js';
import type { Source, SourceError } from '../../dag/source.js';
import { bundleModule } from './bundle-dag.js';

/** The DAGs of a module, or what keeps it from having any. */
export type TypeScriptDags = {
  sources: Source[];
  errors: SourceError[];
  /** All files that it was made from; undefined when files are wanted that aren't there. */
  from: string[] | undefined;
};

/** Whether a module has to have DAGs; others in the folder may be there to be imported. */
const isDagModule = (file: string): boolean => /\.dag\.m?[jt]s$/.test(file);

/** Whether a module looks as if it had DAGs, so that others aren't run to find out. */
export const mayHaveDags = (file: string, text: string): boolean =>
  isDagModule(file) || (/['"]nightjar['"]/.test(text) && /\bdag\s*[(<]/.test(text));

/** Runs a module and takes the DAGs that it exports by default: one made by `dag()`, or a list of them. */
export async function readTypeScriptDags(file: string): Promise<TypeScriptDags> {
  const bundle = await bundleModule(file);
  if (!bundle.ok) {
    return { sources: [], errors: bundle.errors, from: bundle.missing ? undefined : bundle.files };
  }
  const from = bundle.files;
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-dag-'));
  const path = join(folder, `${basename(file).replace(/\.[cm]?[jt]s$/, '')}.mjs`);
  const places = new Places(file, pathToFileURL(path).href, bundle.map);
  try {
    await writeFile(path, bundle.code);
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
    const exported = Array.isArray(module.default) ? module.default : [module.default];
    if (exported.every(isDagDefinition) && exported.length > 0) {
      const sources = exported.map((each) => new DefinitionSource(each, (site) => places.of(site)));
      return { sources, errors: [], from };
    }
    if (!isDagModule(file)) return { sources: [], errors: [], from };
    const message = 'expected a default export made by dag(), or a list of these';
    const hint = "export default dag({ dagId: '…' }, ({ task }) => { … })";
    return { sources: [], errors: [{ ...places.of(undefined), path: '', message, hint }], from };
  } catch (error) {
    return { sources: [], errors: [places.ofError(error)], from };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Finds the places of a module's source behind those of its bundle. */
class Places {
  readonly #map: SourceMap;

  constructor(
    private readonly file: string,
    /** Of the bundle. */
    private readonly url: string,
    map: string,
  ) {
    this.#map = new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0]);
  }

  of(site: CallSite | undefined): Pick<SourceError, 'file' | 'line' | 'column'> {
    const entry: Partial<SourceMapping> =
      site?.file === this.url ? this.#map.findEntry(site.line - 1, site.column - 1) : {};
    const { originalSource, originalLine = 0, originalColumn = 0 } = entry;
    return originalSource === undefined
      ? { file: this.file, line: 1, column: 1 }
      : {
          file: resolve(dirname(this.file), originalSource),
          line: originalLine + 1,
          column: originalColumn + 1,
        };
  }

  /** Where the module threw, or the call that the builder refused. */
  ofError(error: unknown): SourceError {
    if (!(error instanceof Error)) return { ...this.of(undefined), path: '', message: `threw ${error}` };
    const { site, hint } = error as { site?: CallSite; hint?: string };
    const isBuildError = error.name === 'DagBuildError';
    return {
      ...this.of(isBuildError ? site : this.#thrownAt(error)),
      path: '',
      message: isBuildError ? error.message : `${error.name}: ${error.message}`,
      ...(isBuildError && hint !== undefined && { hint }),
    };
  }

  #thrownAt({ stack = '' }: Error): CallSite | undefined {
    // What the engine refuses to link has its line alone, above the message.
    const line = stack.startsWith(`${this.url}:`) ? Number.parseInt(stack.slice(this.url.length + 1), 10) : 0;
    return line > 0
      ? { file: this.url, line, column: 1 }
      : framesOf(stack).find(({ file }) => file === this.url);
  }
}
