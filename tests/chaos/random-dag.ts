import type { Dice } from './dice.js';

/** Tasks of a kind, as YAML: given their id, what they depend on, and a number of their own. */
type Block = (id: string, dependsOn: string, number: number) => string;

const blocks: [Block, ...Block[]] = [
  (id, after, number) =>
    `{ id: ${id}, operator: spark-sql, ${after}with: { datasets: { rows: { sql: "SELECT id, id * ${number} AS v, id % 5 AS k FROM range(${100 * number})", partitionBy: [k] } } } }`,
  (id, after, number) =>
    `{ id: ${id}, operator: shell, ${after}expand: { n: [1, 2, 3, ${number + 3}] }, with: { env: { N: "\${{ item.n }}" }, command: "sleep 0.3; echo $((N * ${number}))" } }`,
  (id, after, number) =>
    `{ id: ${id}, operator: spark-sql, ${after}maxActiveMapped: 2, expand: { n: [1, 2, ${number + 2}] }, with: { args: { n: "\${{ item.n }}" }, datasets: { rows: { sql: "SELECT id + :n AS v FROM range(${50 * number})" } } } }`,
  (id, after, number) =>
    `{ id: ${id}, operator: python, pool: narrow, poolSlots: ${1 + (number % 2)}, ${after}with: { code: "print(${number} ** 3)", output: text } }`,
  (id, after) => `{ id: ${id}, operator: sleep, ${after}with: { for: 500ms } }`,
];

/** A DAG of a few layers, whose results hang on nothing but the dice. */
export function randomDag(dagId: string, dice: Dice, defaults: string): string {
  const layers = dice.between(2, 4);
  const tasks: string[] = [];
  let above: string[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const ids: string[] = [];
    for (let index = 0; index < dice.between(1, 3); index++) {
      const id = `t${layer}_${index}`;
      const upstream = above.filter(() => dice.between(0, 2) > 0);
      const after = upstream.length === 0 ? '' : `dependsOn: [${upstream.join(', ')}], `;
      tasks.push(`  - ${dice.pick(blocks)(id, after, dice.between(1, 9))}`);
      ids.push(id);
    }
    above = ids;
  }
  return `dagId: ${dagId}\ndefaults: { ${defaults} }\ntasks:\n${tasks.join('\n')}\n`;
}
