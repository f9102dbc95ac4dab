import fc from 'fast-check';

/** What is fed with inputs of a kind: `check` throws when one has a result that must not be. */
export type Target<Input = unknown> = {
  name: string;
  arbitrary: fc.Arbitrary<Input>;
  check(input: Input): void | Promise<void>;
};

/** A target whose type of input is its own affair. */
export const target = <Input>(definition: Target<Input>): Target => definition as unknown as Target;

/** How far to go: for so long, or with so many inputs. */
export type FuzzBounds = { seed: number } & ({ seconds: number } | { inputs: number });

/** @returns how many inputs were tried, and the smallest one found that fails, with why */
export async function fuzz(
  { arbitrary, check }: Target,
  bounds: FuzzBounds,
): Promise<{ inputs: number; failure?: string }> {
  const property = fc.asyncProperty(arbitrary, async (input) => {
    await check(input);
  });
  const details = await fc.check(property, {
    seed: bounds.seed,
    ...('seconds' in bounds
      ? {
          numRuns: Number.MAX_SAFE_INTEGER,
          interruptAfterTimeLimit: bounds.seconds * 1000,
          markInterruptAsFailure: false,
        }
      : { numRuns: bounds.inputs }),
  });
  if (!details.failed) return { inputs: details.numRuns };
  const input = fc.stringify(details.counterexample?.[0]);
  return { inputs: details.numRuns, failure: `${input}: ${details.errorInstance}` };
}

/** What was expected of a call with hostile input: a value, or an error of a kind that says what is wrong. */
export function refusesInWords(call: () => unknown, isRefusal: (error: Error) => boolean): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Error) || !isRefusal(error) || error.message === '') throw error;
  }
}
