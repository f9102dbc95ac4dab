import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '../config/loader.js';
import { controlOperators } from '../dag/control/index.js';
import { importModule } from './import-module.js';
import type { Operator } from './operator.js';

/** All operators that DAGs may name. */
export type Operators = ReadonlyMap<string, Operator>;

/**
 * The operators in the box and those in the user's folder: `*.ts`, `*.js` and `*.mjs` files but tests (`*.test.ts`), each
 * with an operator as its default export. @throws ConfigError naming the file when it can't be
 * loaded, exports none, or one of a name that is taken
 */
export async function loadOperators(folder?: string): Promise<Operators> {
  // Loaded on use: with all that they work with, they are most of what a command would load.
  const { builtInOperators } = await import('./built-in-operators.js');
  const operators = new Map(builtInOperators.map((operator) => [operator.name, operator]));
  for (const file of folder === undefined ? [] : await operatorFiles(resolve(folder))) {
    const module = (await importModule(file).catch((error: unknown) => {
      throw wrong(file, `can't be loaded: ${error instanceof Error ? error.message : error}`);
    })) as { default?: unknown };
    if (!isOperator(module.default)) {
      throw wrong(
        file,
        'expected a default export made by defineOperator({ name, description, params, run })',
      );
    }
    if (operators.has(module.default.name) || controlOperators.has(module.default.name)) {
      throw wrong(file, `there is already an operator named "${module.default.name}"; choose another name`);
    }
    operators.set(module.default.name, module.default);
  }
  return operators;
}

async function operatorFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new ConfigError([`operators.folder: there is no folder ${folder}`]);
    throw error;
  });
  return names
    .filter((name) => /\.(ts|js|mjs)$/.test(name) && !/\.(d|test)\.[a-z]+$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

const wrong = (file: string, what: string): ConfigError => new ConfigError([`${file}: ${what}`]);

function isOperator(value: unknown): value is Operator {
  const { name, params, run } = (value ?? {}) as Partial<Operator>;
  return typeof name === 'string' && typeof run === 'function' && typeof params?.safeParse === 'function';
}
