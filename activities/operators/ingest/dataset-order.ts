import { OperatorError } from '../../operator.js';
import { type DatasetSpec, referenceTarget } from './params.js';

/**
 * The datasets so that each comes after those that it references, else in the order declared.
 * @throws OperatorError `InvalidParams` when they reference each other in a circle
 */
export function orderByReferences(datasets: Record<string, DatasetSpec>): [string, DatasetSpec][] {
  const ordered = new Map<string, DatasetSpec>();
  const visit = (name: string, path: readonly string[]): void => {
    const spec = datasets[name];
    if (spec === undefined || ordered.has(name)) return;
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(' → ');
      throw new OperatorError(
        'InvalidParams',
        `datasets reference each other in a circle: ${circle}; drop one of the references`,
      );
    }
    for (const { references } of Object.values(spec.schema)) {
      if (references !== undefined) visit(referenceTarget(references).dataset, [...path, name]);
    }
    ordered.set(name, spec);
  };
  for (const name of Object.keys(datasets)) visit(name, []);
  return [...ordered];
}
