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
      encodeURIComponent('p&ss "word"/ü').replaceAll(/%../g, (byte) => byte.toLowerCase()),
      encodeURIComponent(encodeURIComponent('p&ss "word"/ü')),
      JSON.stringify(JSON.stringify('p&ss "word"/ü')).slice(3, -3),
      'p\\u0026ss \\"word\\"/\\u00fc',
      'p&amp;ss &quot;word&quot;/ü',
      'p&#38;ss &#x22;word&#34;&#x2F;&#xFC;',
      Buffer.from('p&ss "word"/ü').toString('base64'),
      Buffer.from('p&ss "word"/ü').toString('base64url'),
      'another-line-of-it',
      'one-line-of-a-key\nanother-line-of-it',
      'one-line-of-a-key\\nanother-line-of-it',
      'one-line-of-a-key%0Aanother-line-of-it',
    ]) {
      expect(mask(`before ${text} after ${text}`)).toBe('before *** after ***');
    }
  });

  it.each(['', 'u', 'us', 'user'])(
    'are hidden in base64 behind "%s:", as for basic authentication',
    (user) => {
      registerSecret('Aino+and/Väinö');
      const basic = Buffer.from(`${user}:Aino+and/Väinö!`).toString('base64');
      const shown = mask(`Basic ${basic}`);
      expect(shown).toContain('***');
      // What is left says at most the bits that a neighbour shares a digit with.
      const left = shown.replace('Basic ', '').split('***');
      expect(left.join('').length).toBeLessThanOrEqual(basic.length - 16);
      expect(left.map((text) => Buffer.from(text, 'base64').toString()).join('')).not.toMatch(/Ain|inö/);
    },
  );

  it('are hidden line by line where base64 is wrapped', () => {
    const key = Array.from({ length: 30 }, (_, n) => `part ${n * 7919} of it`).join(' ');
    registerSecret(key);
    for (const line of Buffer.from(key)
      .toString('base64')
      .match(/.{1,76}/g) ?? [])
      expect(mask(line)).toBe('***');
  });

  it('are the path, the query and the password of an address that is secret', () => {
    registerSecret(
      'https://louhi:pohjola-mill@hooks.test/services/T0001/k3y%20of-the-sampo?sig=QWxs-is-we11',
    );
    expect(mask('No such page: /services/T0001/k3y of-the-sampo')).toBe('No such page: ***');
    expect(mask('Cannot POST /services/T0001/k3y%20of-the-sampo?sig=QWxs-is-we11')).toBe('Cannot POST ***');
    expect(mask('the signature QWxs-is-we11 and the key "k3y%20of-the-sampo"')).toBe(
      'the signature *** and the key "***"',
    );
    expect(mask('pohjola-mill')).toBe('***');
    // Its common words are no secrets.
    expect(mask('services of hooks.test for louhi')).toBe('services of hooks.test for louhi');
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

    const several = new AggregateError([new Error('one 483920517')], 'all 483920517', {
      cause: 'as 483920517',
    });
    several.errors.push(several);
    maskError(new Error('outer', { cause: several }));
    expect([several.message, several.cause, several.errors[0].message]).toEqual([
      'all ***',
      'as ***',
      'one ***',
    ]);
  });

  it('are not looked for when they are too short to be any', () => {
    registerSecret('abc');
    registerSecret('  ');
    expect(mask('abc  def')).toBe('abc  def');
  });
});
