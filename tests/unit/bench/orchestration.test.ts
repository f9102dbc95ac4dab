import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadOperators } from '../../../activities/load-operators.js';
import { layered } from '../../../bench/orchestration/dags.js';
import { orchestrationFindings } from '../../../bench/orchestration/findings.js';
import { type CaseResult, cases } from '../../../bench/orchestration/overhead.js';
import { largeDags } from '../../../bench/orchestration/scale.js';
import type { DagDocument } from '../../../dag/document.js';
import { parseDag } from '../../../dag/parse-dag.js';

const operators = await loadOperators(join(import.meta.dirname, '../../../bench/orchestration/operators'));

function parsed(file: string, yaml: string): DagDocument {
  const params = new Map([...operators].map(([name, operator]) => [name, operator.params]));
  const result = parseDag(yaml, { file, operators: params, config: {} });
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.dag;
}

describe('DAGs of the orchestration benchmark', () => {
  test('every case has as many tasks as it says', () => {
    for (const { dagId, yaml, tasks, runs } of cases) {
      const dag = parsed(dagId, yaml);
      expect(dag.dagId).toBe(dagId);
      const isMapped = dag.tasks.some(({ expand }) => expand !== undefined);
      if (!isMapped) expect(dag.tasks.length * runs).toBe(tasks);
    }
  });

  test('large ones are as large as they are to be', () => {
    const [, chain, layers] = largeDags.map(({ dagId, yaml }) => parsed(dagId, yaml).tasks);
    expect(chain?.length).toBe(1000);
    expect(layers?.length).toBe(2000);
    expect(layers?.flatMap(({ dependsOn }) => dependsOn).length).toBe(10_000);
  });

  test('layers take no more edges than fit between them', () => {
    const full = parsed('full', layered('full', { layers: 2, width: 3, edges: 9 }));
    expect(full.tasks.slice(3).every(({ dependsOn }) => new Set(dependsOn).size === 3)).toBe(true);
    expect(() => layered('more', { layers: 2, width: 3, edges: 10 })).toThrow('too many');
  });
});

test('findings compare medians, by task', () => {
  const [first] = cases;
  if (first === undefined) throw new Error('there are no cases');
  const measured = (seconds: number) => ({ seconds, serverCpu: 1, workerCpu: undefined });
  const result: CaseResult = {
    case: { ...first, name: 'chain', dagId: 'chain-40', tasks: 40 },
    nightjar: [0.5, 0.4, 0.6].map(measured),
    bare: [0.4, 0.4, 0.9].map(measured),
  };
  const { tables } = orchestrationFindings({
    machine: 'a machine',
    cases: [result],
    scale: [],
    airflow: { version: '3', seconds: { 'chain-40': [40, 44] } },
  });
  expect(tables[0]?.rows[0]).toEqual(['chain', '0.500', '0.400', '1.25 ×', '12.50', '10.00', '42.0', '1050']);
  expect(tables[1]?.rows[0]).toEqual(['chain', 'Nightjar', '1.00', '', '']);
});
