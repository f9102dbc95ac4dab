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

  it('begins with a document that is right', () => {
    const [, example = ''] = /```yaml\n(dagId[\s\S]*?)```/.exec(text) ?? [];
    const result = parseDag(example, { file: 'example.yaml' });
    expect(result.ok ? [] : result.errors.map(formatSourceError)).toEqual([]);
  });
});
