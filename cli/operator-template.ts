/** A file of a new operator: its name in the operators' folder, and its text. */
export type ScaffoldFile = { name: string; text: string };

/** A TypeScript operator, a test of it and a DAG that runs it: small, and complete. */
export function operatorFiles(name: string, kind: 'operator' | 'sensor'): ScaffoldFile[] {
  const parts = kind === 'sensor' ? sensor(name) : operator(name);
  return [
    { name: `${name}.ts`, text: parts.code },
    { name: `${name}.test.ts`, text: parts.test },
    { name: `${name}.example.yaml`, text: parts.dag },
  ];
}

type Parts = { code: string; test: string; dag: string };

const operator = (name: string): Parts => ({
  code: `import { defineOperator, OperatorError } from 'nightjar';
import { z } from 'zod';

/** What \`with\` may hold. Unknown keys are errors, and what is described shows up in editors. */
const params = z.strictObject({
  name: z.string().min(1).describe('Whom to greet'),
  times: z.int().min(1).default(1).describe('How often'),
});

export default defineOperator({
  name: '${name}',
  description: 'Greets somebody',
  params,
  // The context has the log, the run's dates, Spark, storage, counters and a signal that tells of cancellation.
  async run({ log, signal }, { name, times }) {
    // An error with a type is told to the user as it is; of this type it is not retried. Any other error is retried.
    if (name === 'nobody') throw new OperatorError('InvalidParams', 'name: there is nobody to greet');
    signal.throwIfAborted();
    log.info({ name }, 'greeting');
    // What is returned is the output that other tasks see: JSON, at most 64 KiB.
    return { greeting: Array.from({ length: times }, () => \`Hello, \${name}!\`).join(' ') };
  },
});
`,
  test: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperatorContext } from 'nightjar';
import operator from './${name}.js';

/** As much of a context as this operator uses. */
const context = {
  log: { info: () => {} },
  signal: new AbortController().signal,
} as unknown as OperatorContext;

const run = (params: unknown) => operator.run(context, operator.params.parse(params));

test('greets as often as it is told', async () => {
  assert.deepEqual(await run({ name: 'Ada', times: 2 }), { greeting: 'Hello, Ada! Hello, Ada!' });
});

test('refuses what it does not know', () => {
  assert.equal(operator.params.safeParse({ name: 'Ada', nmae: 'Bob' }).success, false);
});

test('tells when there is nobody', async () => {
  await assert.rejects(run({ name: 'nobody' }), { type: 'InvalidParams' });
});
`,
  dag: `dagId: ${name}-example
description: Shows the operator ${name}

tasks:
  - id: greet
    operator: ${name}
    with: { name: Ada, times: 2 }

  - id: tell
    operator: shell
    dependsOn: greet
    with: { command: [echo, "\${{ tasks.greet.output.greeting }}"] }
`,
});

const sensor = (name: string): Parts => ({
  code: `import { defineSensor } from 'nightjar';
import { z } from 'zod';

/** What \`with\` may hold, beside pokeInterval, timeout, softFail and what else all sensors have. */
const params = z.strictObject({
  minute: z.int().min(1).max(60).default(1).describe('Waits for a minute of the hour that it divides'),
});

export default defineSensor({
  name: '${name}',
  description: 'Waits for a minute',
  params,
  // Looks once, and returns soon: the waiting is done by the server.
  async poke({ log }, { minute }) {
    const now = new Date();
    log.debug({ now }, 'looking');
    if (now.getUTCMinutes() % minute !== 0)
      return { done: false, message: \`it is minute \${now.getUTCMinutes()}\` };
    // The output is what other tasks see: JSON, at most 64 KiB.
    return { done: true, output: { at: now.toISOString() } };
  },
});
`,
  test: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperatorContext } from 'nightjar';
import operator from './${name}.js';

/** As much of a context as this operator uses. */
const context = { log: { debug: () => {} } } as unknown as OperatorContext;

const look = (params: unknown) => operator.run(context, operator.params.parse(params));

test('is done in any minute that one divides', async () => {
  const { at } = (await look({ minute: 1 })) as { at: string };
  assert.ok(Date.parse(at) <= Date.now());
});

test('refuses what it does not know', () => {
  assert.equal(operator.params.safeParse({ minutes: 1 }).success, false);
});
`,
  dag: `dagId: ${name}-example
description: Shows the sensor ${name}

tasks:
  - id: wait
    operator: ${name}
    with: { minute: 1, pokeInterval: 10s, timeout: 2h }

  - id: tell
    operator: shell
    dependsOn: wait
    with: { command: [echo, "\${{ tasks.wait.output.at }}"] }
`,
});
