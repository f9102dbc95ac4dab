import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GLOBSTAR, Minimatch } from 'minimatch';

/** A file, by the path that it was found at. */
export type FoundFile = {
  path: string;
  /** The same without symbolic links: two paths of one file have this in common. */
  real: string;
};

/**
 * The files that a text stands for: the file at that path or those below the folder there, else those that it matches
 * as a pattern. Each real file once, whatever symbolic links lead to it, sorted by path. Below folders, and where a
 * pattern does not name them, files and folders whose names start with `_` or `.` are not data.
 * @param base Folder that relative paths start from
 */
export async function findFiles(text: string, base: string): Promise<FoundFile[]> {
  const literal = resolve(base, text);
  const found = await stat(literal).catch(() => undefined);
  if (found?.isDirectory()) return filesBelow(literal);
  if (found !== undefined) return [{ path: literal, real: await realpath(literal) }];
  return new Walk().match(text, base);
}

/** The data files below a folder. */
export const filesBelow = (folder: string): Promise<FoundFile[]> => new Walk().match('**', folder);

/** Whether a text can match several names. */
export const isPattern = (text: string): boolean => parse(text).hasMagic();

/** Names that begin with # or ! are names. */
const parse = (pattern: string): Minimatch =>
  new Minimatch(pattern, { nocomment: true, nonegate: true, magicalBraces: true });

/** Looks for the files of one pattern. */
class Walk {
  /** Folders that were looked at, without links, each with the parts of the pattern that were to match there. */
  readonly #visited = new Set<string>();
  /** Paths by the real file. */
  readonly #files = new Map<string, string>();
  readonly #parsed = new Map<string, ReturnType<typeof parsePart>>();

  async match(pattern: string, base: string): Promise<FoundFile[]> {
    for (const parts of parse(pattern).globParts) {
      // A folder that is matched stands for the files below it.
      const all = pattern.endsWith('*') ? parts : [...parts, '**'];
      await (all[0] === '' ? this.#take('/', all.slice(1)) : this.#take(base, all));
    }
    return [...this.#files]
      .map(([real, path]) => ({ path, real }))
      .sort((one, other) => (one.path < other.path ? -1 : 1));
  }

  /** Takes the file at a path, or what the remaining parts match in the folder there. */
  async #take(path: string, parts: readonly string[]): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    const real = await realpath(path).catch(() => undefined);
    if (found?.isDirectory() && real !== undefined) return this.#visit(path, real, parts);
    // Also a link that leads nowhere is found: opening it fails, so that it is not passed over.
    if (found !== undefined || (await lstat(path).catch(() => undefined)) !== undefined)
      this.#takeFile(path, real ?? path, parts);
  }

  #takeFile(path: string, real: string, parts: readonly string[]): void {
    if (parts.some((part) => part !== '**') || this.#files.has(real)) return;
    this.#files.set(real, path);
  }

  async #visit(folder: string, real: string, parts: readonly string[]): Promise<void> {
    // What is found below does not depend on the way here, and links may lead in circles.
    const visit = JSON.stringify([real, parts]);
    if (this.#visited.has(visit)) return;
    this.#visited.add(visit);

    const [part, ...rest] = parts;
    if (part === undefined) return;
    const parsed = this.#parsed.get(part) ?? parsePart(part);
    this.#parsed.set(part, parsed);
    if (typeof parsed === 'string') return this.#take(join(folder, parsed), rest);
    if (parsed === GLOBSTAR && rest.length > 0) await this.#visit(folder, real, rest);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const { name } = entry;
      if (/^[._]/.test(name) && name[0] !== part[0]) continue;
      if (parsed !== GLOBSTAR && !parsed.test(name)) continue;
      const left = parsed === GLOBSTAR ? parts : rest;
      if (entry.isFile()) this.#takeFile(join(folder, name), join(real, name), left);
      else await this.#take(join(folder, name), left);
    }
  }
}

/** What a part of a pattern, between slashes, matches: one name, or names. */
const parsePart = (part: string) => (part === '**' ? GLOBSTAR : (parse(part).set[0]?.[0] ?? part));
