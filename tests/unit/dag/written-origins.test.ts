import { expect, it } from 'vitest';
import { writtenOrigins } from '../../../dag/written-origins.js';

it.each([
  ['http://127.0.0.1:8080/a', ['http://127.0.0.1:8080']],
  ['https://api.test', ['https://api.test']],
  ['http://127.0.0.1:8080/${{ params.path }}?q=${{ params.q }}', ['http://127.0.0.1:8080']],
  ['http://127.0.0.1:8080?q=1', ['http://127.0.0.1:8080']],
  // What templates give may change where these lead.
  ['http://127.0.0.1:${{ params.port }}/', []],
  ['http://127.0.0.1${{ params.rest }}', []],
  ['http://api.test\\${{ params.rest }}', []],
  ['http://user@${{ params.host }}/', []],
  ['${{ params.url }}', []],
  ['${{ params.scheme }}://127.0.0.1/', []],
])('%j', (url, origins) => {
  expect(writtenOrigins({ with: { url } })).toEqual(origins);
});

it('is looked for where addresses stand, and in lists that tasks are mapped over', () => {
  expect(
    writtenOrigins({
      with: { to: [{ webhook: { url: 'http://a.test/x' } }], json: { text: 'http://b.test/x' } },
      expand: { url: ['http://c.test/1', 'http://c.test/2', 'http://d.test'], n: '${{ params.urls }}' },
    }),
  ).toEqual(['http://a.test', 'http://c.test', 'http://d.test']);
});
