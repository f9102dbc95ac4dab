/** How deep lists and maps may be nested in a value that comes from outside. */
export const maxJsonDepth = 100;

/** Whether lists and maps are nested deeper than that in a value without circles. Found without recursion. */
export function isTooDeep(value: unknown, limit = maxJsonDepth): boolean {
  let level = [value];
  for (let depth = 0; ; depth++) {
    level = level.filter((each) => typeof each === 'object' && each !== null);
    if (level.length === 0) return false;
    if (depth === limit) return true;
    level = level.flatMap((each) => Object.values(each as object));
  }
}
