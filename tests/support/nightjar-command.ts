import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';

export type Ended = { code: number; stdout: string; stderr: string };

/** The real command, as a user runs it in a checkout, on the servers that the environment names. */
export function nightjarIn(root: string, env: NodeJS.ProcessEnv = {}) {
  const start = (...args: string[]) =>
    spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }) satisfies ChildProcess;
  const run = async (...args: string[]): Promise<Ended> => {
    const command = start(...args);
    const [stdout, stderr, [code]] = await Promise.all([
      text(command.stdout),
      text(command.stderr),
      once(command, 'close'),
    ]);
    return { code, stdout, stderr };
  };
  return Object.assign(run, { start });
}

/** The command of this checkout. */
export const nightjar = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  nightjarIn(repositoryRoot, env)(...args);

/** The same, while it goes on. */
export const startNightjar = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  nightjarIn(repositoryRoot, env).start(...args);

/** The command with the settings of a test's worker. */
export function nightjarOf({ folder, taskQueue, dataRoot }: Place): Command {
  const settings = [
    `dataRoot=${dataRoot}`,
    `dags.folders=[${folder}/dags]`,
    `temporal.taskQueue=${taskQueue}`,
  ];
  const options = settings.flatMap((each) => ['--set', each]);
  return Object.assign((...args: string[]) => nightjar([...args, ...options]), {
    start: (...args: string[]) => startNightjar([...args, ...options]),
    json: async (...args: string[]) => {
      const { code, stdout, stderr } = await nightjar([...args, '--json', ...options]);
      if (code !== 0) throw new Error(`nightjar ${args.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
  });
}

type Place = { folder: string; taskQueue: string; dataRoot: string };
type Command = {
  (...args: string[]): Promise<Ended>;
  start(...args: string[]): ReturnType<typeof startNightjar>;
  /** The JSON that it prints. @throws when it fails */
  // biome-ignore lint/suspicious/noExplicitAny: what it holds is the test's to say
  json(...args: string[]): Promise<any>;
};
