/** DAGs of no-op activities, as the text of their YAML files. */

/** Tasks one after another. */
export const chain = (dagId: string, tasks: number): string =>
  document(
    dagId,
    range(tasks).map((index) => task(`t${index}`, index === 0 ? [] : [`t${index - 1}`])),
  );

/** Tasks that all wait for one root, which comes in addition. */
export const fanOut = (dagId: string, tasks: number): string =>
  document(dagId, [task('root', []), ...range(tasks).map((index) => task(`t${index}`, ['root']))]);

/** One task mapped so many times, below a root. */
export const mapped = (dagId: string, instances: number): string =>
  document(dagId, [
    task('root', []),
    task('mapped', ['root'], `expand: { number: "\${{ range(${instances}) }}" }`),
  ]);

/**
 * Layers of tasks, each waiting for some of the layer before. The edges are spread evenly over the tasks of all layers but
 * the first, and over their upstream tasks. @throws Error when a task would need more upstream tasks than there are
 */
export function layered(
  dagId: string,
  { layers, width, edges }: { layers: number; width: number; edges: number },
): string {
  const downstream = (layers - 1) * width;
  const [least, more] = [Math.floor(edges / downstream), edges % downstream];
  if (least + Math.min(more, 1) > width) throw new Error(`${edges} edges are too many for such layers`);
  const upstreamOf = (layer: number, place: number): string[] => {
    if (layer === 0) return [];
    const count = least + ((layer - 1) * width + place < more ? 1 : 0);
    return range(count).map((index) => `t${layer - 1}_${(place + index) % width}`);
  };
  return document(
    dagId,
    range(layers).flatMap((layer) =>
      range(width).map((place) => task(`t${layer}_${place}`, upstreamOf(layer, place))),
    ),
  );
}

const document = (dagId: string, tasks: string[]): string => `dagId: ${dagId}\ntasks:\n${tasks.join('')}`;

function task(id: string, dependsOn: string[], more?: string): string {
  const lines = [
    `- id: ${id}`,
    'operator: no-op',
    ...(dependsOn.length === 0 ? [] : [`dependsOn: [${dependsOn.join(', ')}]`]),
    ...(more === undefined ? [] : [more]),
  ];
  return `  ${lines.join('\n    ')}\n`;
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
