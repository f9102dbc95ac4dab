import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cronPresets } from '../../../dag/cron.js';
import { parseDag } from '../../../dag/parse-dag.js';
import { dagSchema } from '../../../dag/schema/dag.js';
import { formatSourceError } from '../../../dag/source.js';
import { taskStates } from '../../../dag/states.js';
import { triggerRules } from '../../../dag/trigger-rules.js';

const text = readFileSync(new URL('../../../docs/dag-reference.md', import.meta.url), 'utf8');

describe('docs/dag-reference.md', () => {
  it('names every key, trigger rule, state and preset', () => {
    const { shape } = dagSchema;
    const keys = [
      ...Object.keys(shape),
      ...Object.keys(shape.tasks.element.shape),
      ...triggerRules,
      ...taskStates,
      ...Object.keys(cronPresets),
    ];
    expect(keys.filter((key) => !text.includes(`\`${key}\``))).toEqual([]);
  });

  it('shows DAGs and parts of DAGs that are right', () => {
    const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    const dags = blocks.filter((block) => /^tasks:/m.test(block));
    expect(dags.length).toBeGreaterThan(4);
    for (const block of dags) {
      const document = block.startsWith('dagId') ? block : `dagId: example\n${block}`;
      const result = parseDag(document, { file: 'example.yaml' });
      expect(result.ok ? [] : result.errors.map(formatSourceError), block).toEqual([]);
    }
  });
});
