import fc from 'fast-check';

/** What is fed with inputs of a kind: `check` throws when one has a result that must not be. */
export type Target<Input = unknown> = {
  name: string;
  arbitrary: fc.Arbitrary<Input>;
  /** How many things each input has, when it has many: they are counted, and the failure itself says which one it is about. */
  batchSize?: number;
  check(input: Input): void | Promise<void>;
};

/** A target whose type of input is its own affair. */
export const target = <Input>(definition: Target<Input>): Target => definition as unknown as Target;

/** How far to go: for so long, or with so many inputs. */
export type FuzzBounds = { seed: number; onProgress?: (inputs: number) => void } & (
  | { seconds: number }
  | { inputs: number }
);

/** @returns how many inputs were tried, and the smallest one found that fails, with why */
export async function fuzz(
  target: Target,
  bounds: FuzzBounds,
): Promise<{ inputs: number; failure?: string }> {
  if ('inputs' in bounds) return round(target, bounds.seed, bounds.inputs);
  const until = performance.now() + bounds.seconds * 1000;
  let inputs = 0;
  // In rounds to their end: fast-check would go on while an input is being looked at whose time is over.
  for (let seed = bounds.seed; ; seed++) {
    const found = await round(target, seed, target.batchSize === undefined ? 100 : 1);
    inputs += found.inputs;
    if (found.failure !== undefined) return { inputs, failure: found.failure };
    if (performance.now() >= until) return { inputs };
    bounds.onProgress?.(inputs);
  }
}

async function round(
  { arbitrary, check, batchSize }: Target,
  seed: number,
  numRuns: number,
): Promise<{ inputs: number; failure?: string }> {
  const property = fc.asyncProperty(arbitrary, async (input) => {
    await check(input);
  });
  // To look for a smaller batch takes longer than to read what is wrong with this one.
  const details = await fc.check(property, { seed, numRuns, endOnFailure: batchSize !== undefined });
  const inputs = details.numRuns * (batchSize ?? 1);
  if (!details.failed) return { inputs };
  const why = String(details.errorInstance);
  return {
    inputs,
    failure: batchSize === undefined ? `${fc.stringify(details.counterexample?.[0])}: ${why}` : why,
  };
}

/** What was expected of a call with hostile input: a value, or an error of a kind that says what is wrong. */
export function refusesInWords(call: () => unknown, isRefusal: (error: Error) => boolean): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Error) || !isRefusal(error) || error.message === '') throw error;
  }
}
