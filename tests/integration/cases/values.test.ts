import { RawValue } from '@temporalio/common';
import { expect, it } from 'vitest';
import { useCases } from '../../support/cases.js';

const cases = useCases();

/** JSON as another program would send it, not as JavaScript would write it. */
const raw = (json: string): never =>
  RawValue.fromPayload({
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(json),
  }) as never;

it('refuses a run whose input has a number that would be rounded', async () => {
  expect(await cases.worker().run('params-null', raw('{"params": {"big": 9007199254740993}}'))).toBe(
    'the run\'s input can\'t be taken as it is: params.big: the number 9007199254740993 would become 9007199254740992: numbers have about 16 digits (write it as text: "9007199254740993")',
  );
});
