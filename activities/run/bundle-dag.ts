import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildFailure, build, type Loader, type Message, type Plugin, transform } from 'esbuild';
import type { SourceError } from '../../dag/source.js';

/** A module and the files that it imports as one, with packages left outside. */
export type Bundle = {
  /** All local files in it, as far as they could be read. */
  files: string[];
} & (
  | { ok: true; code: string; map: string }
  | {
      ok: false;
      errors: SourceError[];
      /** Whether it would do with files that aren't there now. */
      missing: boolean;
    }
);

/** Packages are those of the file's own folder; Nightjar is this one, whatever is installed there. */
const packages: Plugin = {
  name: 'packages',
  setup(build) {
    const own = createRequire(import.meta.url);
    build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
      if (kind === 'entry-point' || pluginData === packages) return undefined;
      if (/^nightjar(\/|$)/.test(path))
        return { path: pathToFileURL(own.resolve(path)).href, external: true };
      const found = await build.resolve(path, { kind, resolveDir, importer, pluginData: packages });
      if (found.errors.length > 0) return { errors: found.errors };
      const isBuiltIn = found.external || !found.path.startsWith('/');
      return { path: isBuiltIn ? found.path : pathToFileURL(found.path).href, external: true };
    });
  },
};

/** Keeps count of what is loaded, and gives each module the `import.meta` of its own file. */
const modules = (files: Set<string>): Plugin => ({
  name: 'modules',
  setup(build) {
    build.onLoad({ filter: /./ }, async ({ path }) => {
      files.add(path);
      if (!/\.[cm]?[jt]s$/.test(path)) return undefined;
      const text = await readFile(path, 'utf8');
      if (!text.includes('import.meta')) return undefined;
      const loader: Loader = /ts$/.test(extname(path)) ? 'ts' : 'js';
      const define = {
        'import.meta.url': JSON.stringify(pathToFileURL(path).href),
        'import.meta.filename': JSON.stringify(path),
        'import.meta.dirname': JSON.stringify(dirname(path)),
      };
      try {
        const { code } = await transform(text, { loader, define, sourcemap: 'inline', sourcefile: path });
        return { contents: code, loader: 'js' };
      } catch (error) {
        return { errors: (error as BuildFailure).errors };
      }
    });
  },
});

/** Bundles a module of the user's, so that its whole import graph is read afresh and its mistakes have their places. */
export async function bundleModule(file: string): Promise<Bundle> {
  const files = new Set([file]);
  const folder = dirname(file);
  try {
    const { outputFiles } = await build({
      entryPoints: [file],
      outfile: join(folder, 'bundle.mjs'),
      absWorkingDir: folder,
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      plugins: [packages, modules(files)],
    });
    const text = (suffix: string): string =>
      outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? '';
    return { ok: true, files: [...files], code: text('.mjs'), map: text('.map') };
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>;
    if (errors === undefined) throw error;
    return {
      ok: false,
      files: [...files],
      errors: errors.map((message) => asSourceError(message, file)),
      missing: errors.some(({ text }) => text.startsWith('Could not resolve')),
    };
  }
}

function asSourceError({ text, location, notes }: Message, file: string): SourceError {
  const hint = notes[0]?.text;
  return {
    file: location === null ? file : resolve(dirname(file), location.file),
    line: location?.line ?? 1,
    column: (location?.column ?? 0) + 1,
    path: '',
    message: text,
    ...(hint !== undefined && { hint }),
  };
}
