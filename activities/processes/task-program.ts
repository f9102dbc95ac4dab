import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { InexactJsonError, parseExactJson } from '../../dag/exact-json.js';
import { type Json, type OperatorContext, OperatorError, TaskSkipped } from '../operator.js';
import { minimalEnvironment, taskVariables, textOrVariable, textsOf } from './environment.js';
import { type Exit, runProgram } from './run-program.js';

/** Most bytes that a program can give as its task's output. */
const maxOutputBytes = 64 * 1024;

/** The end of standard error that an error keeps: lines, and characters of each. */
const tail = { lines: 10, characters: 500 };

export const outputMode = z.enum(['none', 'text', 'lines', 'json', 'last-line', 'file']);
export type OutputMode = z.output<typeof outputMode>;

/** Params of all operators that run a program. */
export const programParams = {
  env: z
    .record(z.string().regex(/^[^=\0]+$/, 'expected the name of a variable'), textOrVariable)
    .default({})
    .describe('Variables of the program; `{ env: NAME }` passes one of the worker on'),
  cwd: z.string().min(1).default('.').describe("Where it runs, relative to the DAG's folder"),
  skipOnExitCode: z
    .union([z.int(), z.array(z.int()), z.null()])
    .default(99)
    .transform((codes): number[] => (codes === null ? [] : Array.isArray(codes) ? codes : [codes]))
    .describe('Exit codes that end the task as skipped; null for none'),
};

export type TaskProgram = z.output<z.ZodObject<typeof programParams>> & {
  argv: readonly string[];
  stdin?: string | undefined;
  output: OutputMode;
  /** How errors call it. */
  label: string;
};

/**
 * Runs a task's program: with the worker's minimal environment, its lines in the run's log, and what it says as output.
 * @throws OperatorError `CommandFailed` with the end of its standard error @throws TaskSkipped
 */
export async function runTaskProgram(context: OperatorContext, program: TaskProgram): Promise<Json> {
  const { argv, stdin, label, skipOnExitCode } = program;
  const capture = new Capture(program.output);
  const lastLines: string[] = [];
  const folder = program.output === 'file' ? await mkdtemp(join(tmpdir(), 'nightjar-')) : undefined;
  const outputFile = join(folder ?? '', 'output.json');
  try {
    const exit = await runProgram({
      argv,
      stdin,
      cwd: resolve(context.dagFolder, program.cwd),
      env: {
        ...minimalEnvironment(),
        ...taskVariables(context),
        ...(folder === undefined ? {} : { NIGHTJAR_OUTPUT: outputFile }),
        ...textsOf(program.env),
      },
      signal: context.signal,
      onLine(stream, line, endsLine) {
        context.log.info({ stream }, line);
        if (stream === 'stdout') capture.add(line, endsLine);
        else if (line.trim() !== '' && lastLines.push(line.slice(0, tail.characters)) > tail.lines)
          lastLines.shift();
      },
    });
    if (exit.code !== undefined && skipOnExitCode.includes(exit.code))
      throw new TaskSkipped(`${label} ended with exit code ${exit.code}`);
    if (exit.code !== 0) throw failure(label, exit, lastLines);
    return folder === undefined ? capture.output(label) : await readOutput(outputFile, label);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function failure(label: string, exit: Exit, lastLines: readonly string[]): OperatorError {
  const how =
    exit.code === undefined
      ? `was killed by ${exit.signal}${exit.signal === 'SIGKILL' ? ', perhaps for want of memory' : ''}`
      : `ended with exit code ${exit.code}`;
  const last = lastLines.at(-1);
  return new OperatorError(
    'CommandFailed',
    `${label} ${how}${last === undefined ? '' : `: ${last.trim()}`}`,
    { exitCode: exit.code ?? null, signal: exit.signal ?? null, stderr: [...lastLines] },
  );
}

const tooLarge = (label: string, bytes: number): OperatorError =>
  new OperatorError(
    'OutputTooLarge',
    `the output of ${label} has ${count(bytes)} bytes, at most ${count(maxOutputBytes)} are allowed; write data to files and give their place as output`,
  );

const count = (bytes: number): string => bytes.toLocaleString('en');

const parse = (text: string, label: string): Json => {
  try {
    return parseExactJson(text);
  } catch (error) {
    const { message } = error as Error;
    const problem =
      error instanceof InexactJsonError ? `can't be taken as it is: ${message}` : `is not JSON: ${message}`;
    throw new OperatorError('CommandFailed', `the output of ${label} ${problem}`, null);
  }
};

/** A line, or all lines so far: its text as long as that is no more than an output may be, and what it has in all. */
class Kept {
  private text = '';
  bytes = 0;

  add(piece: string): void {
    this.bytes += Buffer.byteLength(piece);
    if (this.bytes <= maxOutputBytes) this.text += piece;
  }

  /** @throws OperatorError `OutputTooLarge` */
  whole(label: string): string {
    if (this.bytes > maxOutputBytes) throw tooLarge(label, this.bytes);
    return this.text;
  }
}

/** Keeps of standard output what the task's output needs, and never more than it may have. */
class Capture {
  private line = new Kept();
  private isBlank = true;
  private last: Kept | undefined;
  private readonly all = new Kept();
  private lines = 0;
  private isInLine = false;

  constructor(private readonly mode: OutputMode) {}

  add(piece: string, endsLine: boolean): void {
    if (this.mode === 'last-line') this.addToLine(piece, endsLine);
    else if (this.mode !== 'none' && this.mode !== 'file') this.addToAll(piece, endsLine);
  }

  private addToLine(piece: string, endsLine: boolean): void {
    this.line.add(piece);
    this.isBlank &&= piece.trim() === '';
    if (!endsLine) return;
    if (!this.isBlank) this.last = this.line;
    this.line = new Kept();
    this.isBlank = true;
  }

  private addToAll(piece: string, endsLine: boolean): void {
    if (!this.isInLine && this.lines++ > 0) this.all.add('\n');
    this.all.add(piece);
    this.isInLine = !endsLine;
  }

  /** @throws OperatorError */
  output(label: string): Json {
    if (this.mode === 'last-line') return this.last?.whole(label) ?? null;
    const text = this.all.whole(label);
    switch (this.mode) {
      case 'text':
        return text;
      case 'lines':
        return this.lines === 0 ? [] : text.split('\n');
      case 'json':
        return parse(text, label);
      default:
        return null;
    }
  }
}

/** What the program wrote into its output file; null when it wrote none. */
async function readOutput(path: string, label: string): Promise<Json> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return null;
  try {
    const { size } = await file.stat();
    if (size > maxOutputBytes) throw tooLarge(label, size);
    return parse(await file.readFile('utf8'), label);
  } finally {
    await file.close();
  }
}
