import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { code } from '../../dag/schema/code.js';
import { defineOperator, type Json, type OperatorContext, OperatorError } from '../operator.js';
import { outputMode, programParams, runTaskProgram } from '../processes/task-program.js';

const params = z
  .strictObject({
    script: code('program', z.string().min(1))
      .optional()
      .describe("A Python file, relative to the DAG's folder"),
    code: code('python', z.string().min(1)).optional().describe('Python code'),
    args: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .default([])
      .describe('What it finds in sys.argv'),
    input: z.json().optional().describe('Sent as JSON on its standard input'),
    output: outputMode
      .default('file')
      .describe(
        'file: the JSON that it writes to the file named by NIGHTJAR_OUTPUT; or what of standard output',
      ),
    interpreter: code('program', z.string().min(1))
      .default('python3')
      .describe("A name in PATH, or a path relative to the DAG's folder such as .venv/bin/python"),
    ...programParams,
  })
  .refine(({ script, code }) => (script === undefined) !== (code === undefined), {
    error: 'expected either script (a file) or code',
  });

/** Runs Python in a process of its own. */
export const python = defineOperator({
  name: 'python',
  description: 'Runs a Python script, with JSON in and out',
  params,
  async run(context, { script, code: text = '', args, input, interpreter, env, ...rest }): Promise<Json> {
    const program = script === undefined ? ['-c', text] : [await scriptPath(context, script)];
    return runTaskProgram(context, {
      ...rest,
      // Lines come to the log when they are printed, not in blocks.
      env: { PYTHONUNBUFFERED: '1', ...env },
      argv: [
        interpreter.includes('/') ? resolve(context.dagFolder, interpreter) : interpreter,
        ...program,
        ...args.map(String),
      ],
      stdin: input === undefined ? undefined : JSON.stringify(input),
      label: script ?? 'the code',
    });
  },
});

async function scriptPath({ dagFolder }: OperatorContext, script: string): Promise<string> {
  const path = resolve(dagFolder, script);
  await access(path).catch(() => {
    throw new OperatorError('InvalidParams', `script: there is no file ${path}`);
  });
  return path;
}
