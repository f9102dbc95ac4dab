import type { z } from 'zod';

/** The first two of some names that Spark, which ignores case, takes for one: `['sales', 'Sales']`. */
export function sameName(names: Iterable<string>): [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) return [other, name];
    seen.set(name.toLowerCase(), name);
  }
  return undefined;
}

/** For checks of names: they are made also when values are wrong, as those of templates are until they are rendered. */
export const namesFirst = {
  when: ({ value }: { value: unknown }) => typeof value === 'object' && value !== null,
};

/** Refuses keys that are one name to Spark. For `superRefine` with {@link namesFirst}. */
export function distinctNames(record: Record<string, unknown>, context: z.RefinementCtx): void {
  const [one, other] = sameName(Object.keys(record)) ?? [];
  if (one !== undefined && other !== undefined) refuseName(context, [other], sameNameMessage(one, other));
}

/** Adds an issue about a key. */
export function refuseName(context: z.RefinementCtx, path: string[], message: string): void {
  const issues: z.core.$ZodIssue[] = [{ code: 'custom', path: [], message }];
  context.addIssue({ code: 'invalid_key', origin: 'record', issues, path, message });
}

export const sameNameMessage = (one: string, other: string): string =>
  one === other
    ? `the name "${one}" is used twice`
    : `the names "${one}" and "${other}" differ only by case, and Spark takes them for one; rename one of them`;
