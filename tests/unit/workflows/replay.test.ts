import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';
import { bundlePath } from '../../../worker/workflow-bundle.js';
import { encoded, type RecordedHistory, readHistories } from '../../support/histories/files.js';

type WorkflowBundle = { code: string } | { codePath: string };

const histories = readHistories();
const quiet = new DefaultLogger('ERROR');
Runtime.install({ logger: quiet, telemetryOptions: { logging: { filter: 'OFF' } } });

/** Replays histories. Gives the errors of those that the code would not have written, by name. */
async function replay(
  workflowBundle: WorkflowBundle,
  recorded: readonly RecordedHistory[] = histories,
): Promise<Map<string, Error>> {
  const errors = new Map<string, Error>();
  const names = recorded.map(({ name }) => name);
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, recorded)) {
    const name = names.shift() ?? '';
    if (error !== undefined) errors.set(name, error);
  }
  return errors;
}

/** Workflow code that differs from today's by what an interceptor does. */
const changedBundle = (change: string): Promise<{ code: string }> =>
  bundleWorkflowCode({
    workflowsPath: join(repositoryRoot, 'workflows/index.ts'),
    workflowInterceptorModules: [join(repositoryRoot, 'tests/support/histories', change)],
    logger: quiet,
  });

const hint = (errors: ReadonlyMap<string, Error>): string => `
The workflow code no longer does what releases did whose runs may still be open. When such a run meets a worker with this
code it stops with a nondeterminism error and stands still until a worker with the old code is back. Either
- keep the old way for them: if (patched('what-changed')) { the new way } else { the old way }; or
- let them end on workers of their own release: see "Rolling deploys" in docs/versions.md. Then delete their histories when
  none of that release's runs is open; or
- if that version isn't in use anywhere yet, record anew: npm run histories.

${[...errors].map(([name, { message }]) => `tests/fixtures/histories/${name}: ${message}`).join('\n')}
`;

describe('histories of earlier releases', () => {
  it('replay on the workflow code of today', { timeout: 60_000 }, async () => {
    expect(histories.length).toBeGreaterThan(0);
    const errors = await replay({ codePath: bundlePath });
    expect(errors.size, hint(errors)).toBe(0);
  });

  it('tell nothing of the machine that they were recorded on', () => {
    for (const { name, history } of histories) {
      const text = encoded(history).toString();
      const traces = [
        ...text.matchAll(/\/(tmp|home|root|Users|var)\/[^"]*/g),
        ...text.matchAll(/\b\d+@[\w-]{3,}/g),
      ];
      expect(traces.map(String), name).toEqual([]);
    }
  });

  it.each([
    ['the code waits before it begins', 'changes/extra-timer.ts'],
    ['the code calls operators by other names', 'changes/renamed-activities.ts'],
  ])('do not replay when %s', { timeout: 60_000 }, async (_, change) => {
    const recorded = histories.filter(({ name }) => /\/(chain-and-map|pooled|batches)/.test(name));
    const errors = await replay(await changedBundle(change), recorded);
    expect([...errors.values()].map(({ name }) => name)).toContain('DeterminismViolationError');
    expect(hint(errors)).toContain('chain-and-map: ');
  });
});
