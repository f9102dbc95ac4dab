import { describe, expect, it } from 'vitest';
import { mask, maskError, maskJson, registerSecret } from '../../../activities/secrets.js';

describe('secrets', () => {
  it('are hidden in whatever guise they turn up', () => {
    expect(mask('p&ss "word"/ü')).toBe('p&ss "word"/ü');
    registerSecret('p&ss "word"/ü');
    registerSecret('one-line-of-a-key\nanother-line-of-it\n');
    for (const text of [
      'p&ss "word"/ü',
      JSON.stringify('p&ss "word"/ü').slice(1, -1),
      encodeURIComponent('p&ss "word"/ü'),
      new URLSearchParams({ q: 'p&ss "word"/ü' }).toString().slice(2),
      Buffer.from('p&ss "word"/ü').toString('base64'),
      'another-line-of-it',
    ]) {
      expect(mask(`before ${text} after ${text}`)).toBe('before *** after ***');
    }
  });

  it('are hidden in values, and in errors with their causes and details', () => {
    registerSecret('483920517');
    const value = { a: ['x 483920517'], '483920517': 483920517, n: 4 };
    expect(maskJson(value)).toEqual({ a: ['x ***'], '***': '***', n: 4 });
    const same = { a: 1 };
    expect(maskJson(same)).toBe(same);
    const cause = new Error('deep 483920517');
    const error = Object.assign(new Error('top 483920517', { cause }), { details: [{ d: '483920517' }] });
    maskError(error);
    expect(`${error.message} ${error.stack} ${cause.message} ${cause.stack}`).not.toContain('483920517');
    expect(error.details).toEqual([{ d: '***' }]);
  });

  it('are not looked for when they are too short to be any', () => {
    registerSecret('abc');
    registerSecret('  ');
    expect(mask('abc  def')).toBe('abc  def');
  });
});
