/** Numbers of a version such as `1.32.0-148.4`: what follows the third is not compared. */
const numbers = (version: string): number[] =>
  (/^\d+(?:\.\d+){0,2}/.exec(version)?.[0] ?? '0').split('.').map(Number);

export function isAtLeast(version: string, oldest: string): boolean {
  const [ours, theirs] = [numbers(version), numbers(oldest)];
  for (const [index, wanted] of theirs.entries()) {
    const given = ours[index] ?? 0;
    if (given !== wanted) return given > wanted;
  }
  return true;
}

/** Whether two versions agree in their first numbers, as many as are asked for. */
export const agree = (one: string, other: string, count: number): boolean =>
  numbers(one).slice(0, count).join('.') === numbers(other).slice(0, count).join('.');
