import { expect, it } from 'vitest';
import { parseDag } from '../../../dag/parse-dag.js';

const mistakes = (yaml: string): string[] => {
  const parsed = parseDag(yaml, { file: 'x.yaml' });
  return parsed.ok ? [] : parsed.errors.map(({ line, message, hint }) => `${line}: ${message} (${hint})`);
};

it('knows event in callbacks alone, and finds what a callback reads in vain', () => {
  expect(
    mistakes(`dagId: d
callbacks: { onFailure: { slack: { url: x, text: "\${{ event.reson }}" } } }
defaults: { callbacks: { onSuccess: { webhook: { url: x, body: { y: "\${{ params.z }}" } } } } }
tasks:
  - id: a
    operator: shell
    with: { event: "\${{ event.kind }}" }
    callbacks: { onRetry: { command: [echo, "\${{ tasks.b.output }}", "\${{ tasks.c.output }}", "\${{ index }}"] } }
  - { id: b, operator: noop }
`),
  ).toEqual([
    "2: event has no 'reson' (did you mean 'reason'?)",
    '3: params.z: the DAG declares no param (undefined)',
    "7: 'event' is known only in callbacks (undefined)",
    "8: there is no task 'c' (undefined)",
    "8: 'index' isn't known in callbacks (event.task holds the index)",
  ]);
});
