import type { DagDocument } from '../dag/document.js';
import type { HeldInstance } from '../dag/replay/amend.js';
import { keyList } from '../dag/replay/select.js';

/** Failed instances that are shown with their reasons. */
const maxShown = 20;

/** What the page of a held run says below its table: what failed, why, and what to send. */
export function heldDetails(
  dag: Pick<DagDocument, 'params' | 'tasks'>,
  instances: readonly HeldInstance[],
  until: number | undefined,
): string {
  const failed = instances.filter(({ state }) => state === 'failed');
  const blocked = instances.flatMap(({ key, state }) => (state === 'upstreamFailed' ? [key] : []));
  const first = failed[0]?.key ?? 'task';
  const [param] = Object.keys(dag.params);
  const examples = [
    ['retryTask', `"${first}"`, 'runs it again, and what waits for it'],
    ...(param === undefined
      ? []
      : [
          [
            'retryTask',
            JSON.stringify({ tasks: first, params: { [param]: '…' } }),
            'with other params of the run',
          ],
        ]),
    ['skipTask', `"${first}"`, 'goes on as if it were skipped'],
    [
      'markSuccess',
      JSON.stringify({ tasks: first, output: {} }),
      'goes on as if it had succeeded with this output',
    ],
    ['clearTasks', JSON.stringify({ tasks: first, upstream: true }), 'starts it over, with what is upstream'],
    ['failRun', JSON.stringify({ reason: 'not needed' }), 'ends the run as failed'],
  ];
  return [
    '',
    `**Held${until === undefined ? '' : ` until ${new Date(until).toISOString()}`}**: it goes on when it is told how.`,
    '',
    ...failed
      .slice(0, maxShown)
      .map(({ key, reason }) => `- \`${key}\` failed: ${oneLine(reason ?? 'no reason given')}`),
    ...(failed.length > maxShown ? [`- … and ${failed.length - maxShown} more`] : []),
    ...(blocked.length > 0 ? [`- did not run because of that: ${keyList(blocked)}`] : []),
    '',
    'Fix the cause, then *More Actions*, *Send an Update*, with one of these as input. Without input it is about all that failed.',
    '',
    '| Update | Input | What it does |',
    '| --- | --- | --- |',
    ...examples.map(([name, input, effect]) => `| ${name} | \`${input}\` | ${effect} |`),
  ].join('\n');
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 400 ? `${line.slice(0, 399)}…` : line;
}
