import { z } from 'zod';
import { code } from '../../dag/schema/code.js';
import { defineOperator, type Json } from '../operator.js';
import { outputMode, programParams, runTaskProgram } from '../processes/task-program.js';

/** Runs a command, by bash or directly. */
export const shell = defineOperator({
  name: 'shell',
  description: 'Runs a command; what it prints can be its output',
  params: z.strictObject({
    command: z
      .union(
        [code('shell', z.string().min(1)), z.array(z.union([z.string(), z.number(), z.boolean()])).min(1)],
        {
          error: 'expected text for bash, or a list of a program and its arguments',
        },
      )
      .describe('Text that bash runs, or a program and its arguments, which are run as they are'),
    stdin: z.json().optional().describe('Its standard input; what is not text is sent as JSON'),
    output: outputMode
      .default('last-line')
      .describe(
        'What of standard output is the output of the task; file: what it writes to $NIGHTJAR_OUTPUT',
      ),
    ...programParams,
  }),
  async run(context, { command, stdin, ...rest }): Promise<Json> {
    const isScript = typeof command === 'string';
    return runTaskProgram(context, {
      ...rest,
      argv: isScript ? ['bash', '-c', command] : command.map(String),
      stdin: stdin === undefined || typeof stdin === 'string' ? stdin : JSON.stringify(stdin),
      label: isScript ? 'the command' : `"${command[0]}"`,
    });
  },
});
