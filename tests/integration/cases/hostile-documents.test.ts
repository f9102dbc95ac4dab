import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInOperators } from '../../../activities/built-in-operators.js';
import type { RunInput } from '../../../activities/run/run-input.js';
import { states, TestWorker } from '../../support/test-worker.js';

const folder = resolve('tests/fixtures/hostile');

/** The DAG of each file. */
const dagIds = {
  'good.yaml': 'good',
  'alias-bomb.yaml': 'bomb',
  'recursive-alias.yaml': 'rec',
  'redos.yaml': 'redos',
  'celhang.yaml': 'celhang',
  'celoom.yaml': 'celoom',
} as const;

let worker: TestWorker;
let runs = 0;

beforeAll(async () => {
  worker = await TestWorker.start(builtInOperators, [`dags.folders=[${folder}]`]);
});
afterAll(() => worker.stop());

/** The state of each task and why it is in it, or why there was no run. */
async function outcome(file: keyof typeof dagIds, input?: RunInput) {
  const dagId = dagIds[file];
  const runId = `run-${++runs}`;
  const view = await worker.run(dagId, input, `${dagId}/${runId}`);
  const record = await worker.record(dagId, runId).catch(() => undefined);
  const reasons = Object.fromEntries((record?.tasks ?? []).map(({ key, reason }) => [key, reason]));
  return { message: typeof view === 'string' ? view : '', view, reasons };
}

describe('hostile documents, expressions and inputs stop only their own run', () => {
  it('each ends failed in words while a good DAG runs beside them', async () => {
    const [good, bomb, recursive, redos, hang, oom, deep] = await Promise.all([
      outcome('good.yaml'),
      outcome('alias-bomb.yaml'),
      outcome('recursive-alias.yaml'),
      outcome('redos.yaml', { params: { s: `${'a'.repeat(40)}!` } }),
      outcome('celhang.yaml'),
      outcome('celoom.yaml'),
      outcome('good.yaml', JSON.parse(readFileSync(`${folder}/deep-2000.json`, 'utf8'))),
    ]);
    expect(states(good.view as never)).toEqual({ a: 'success' });
    expect(bomb.message).toMatch(
      /alias-bomb\.yaml:6:31: aliases make \d+ values of the \d+ that are written/,
    );
    expect(recursive.message).toContain(
      'recursive-alias.yaml:2:26: alias *p is inside what it stands for, so it has no end',
    );
    // Linear time: the pattern doesn't match, so the task is skipped.
    expect(redos.reasons.a).toContain('its condition is false');
    expect(hang.reasons.a).toContain('it takes more than 500000 steps');
    expect(oom.reasons.a).toContain('it takes more than 500000 steps');
    expect(deep.message).toContain('nested more than 100 levels deep');
    expect(deep.message).not.toContain('\n');
  });

  it('and the worker goes on', async () => {
    const { message, view } = await outcome('good.yaml');
    expect(message).toBe('');
    expect(states(view as never)).toEqual({ a: 'success' });
    expect([...(await worker.replayAll()).values()].filter(Boolean)).toEqual([]);
  });
});
