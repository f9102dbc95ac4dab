import type { DagDocument, TaskSpec } from './document.js';

/** The graph of a DAG as the text of a Mermaid flowchart: tasks as boxes, mapped ones doubled, groups as subgraphs. */
export function mermaid({ tasks, groups }: DagDocument): string {
  const names = new Map(tasks.map(({ id }, index) => [id, `t${index}`]));
  const groupIds = Object.keys(groups);

  const inside = (group: string | undefined, depth: number): string[] => {
    const indent = '  '.repeat(depth);
    const nested = groupIds.filter((id) => groups[id]?.group === group);
    return [
      ...nested.flatMap((id) => [
        `${indent}subgraph g${groupIds.indexOf(id)}["${text(id)}"]`,
        ...inside(id, depth + 1),
        `${indent}end`,
      ]),
      ...tasks
        .filter((task) => task.group === group)
        .map((task) => `${indent}${names.get(task.id)}${box(task)}`),
    ];
  };

  const edges = tasks.flatMap(({ id, dependsOn }) =>
    dependsOn.map((upstream) => `  ${names.get(upstream)} --> ${names.get(id)}`),
  );
  return `${['flowchart LR', ...inside(undefined, 1), ...edges].join('\n')}\n`;
}

function box({ id, triggerRule, expand, setup, teardown }: TaskSpec): string {
  const notes = [
    ...(setup === undefined ? [] : ['setup']),
    ...(teardown === undefined ? [] : ['teardown']),
    ...(triggerRule === 'all_success' ? [] : [triggerRule]),
  ];
  const label = `"${[id, ...notes].map(text).join('<br/>')}"`;
  return expand === undefined ? `[${label}]` : `[[${label}]]`;
}

const text = (raw: string): string => raw.replaceAll('"', '#quot;').replaceAll('<', '#lt;');
