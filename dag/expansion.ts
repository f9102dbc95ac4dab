import type { Scope } from './expression.js';
import { type Json, type JsonObject, show } from './json.js';
import type { Template } from './template.js';

/** Most instances of one mapped task. */
export const MAX_MAPPED_INSTANCES = 10_000;

/**
 * A mapped task with more instances than this is carried out in batches of this size. All its starts are decided at
 * once then: its maxActiveMapped is kept by the batches.
 */
export const mappedBatchSize = 250;

/**
 * The items of a mapped task, one an instance: the cross product of the named lists, the last name varying fastest.
 * @throws Error when a template doesn't give a list or there are too many instances
 * @throws ExpressionError
 */
export function expandItems(template: Template, scope: Scope): JsonObject[] {
  let items: JsonObject[] = [{}];
  for (const [name, list] of Object.entries(template.render(scope) as JsonObject)) {
    if (!Array.isArray(list))
      throw new Error(`expand.${name} must be a list, its template gave ${show(list)}`);
    if (items.length * list.length > MAX_MAPPED_INSTANCES) {
      throw new Error(`expand gives more than ${MAX_MAPPED_INSTANCES} instances: let each do more`);
    }
    items = items.flatMap((item) => list.map((value: Json) => ({ ...item, [name]: value })));
  }
  return items;
}
