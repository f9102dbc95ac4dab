import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonBytes, leastBytes, maxPayloadBytes, payloadLength } from '../../../dag/payload.js';

it('knows a lower bound of what a value takes, without making a text of it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(leastBytes(value)).toBeLessThanOrEqual(jsonBytes(value));
    }),
  );
  const texts = { a: ['x'.repeat(1000), 'y'.repeat(500)], b: undefined, c: { d: 'z' } };
  expect(leastBytes(texts)).toBe(jsonBytes(texts));
});

it.each(['x', 'ж', '字', '\n', '"'])('measures a payload of %j by its bytes', (letter) => {
  const bytesOfOne = jsonBytes(letter) - 2;
  const most = Math.floor((maxPayloadBytes - 4) / bytesOfOne);
  expect(payloadLength([letter.repeat(most)])).toBe(JSON.stringify([letter.repeat(most)]).length);
  expect(payloadLength([letter.repeat(most + 1)])).toBeUndefined();
});
