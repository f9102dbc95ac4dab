import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExampleWorker, inStates } from '../support/example-runs.js';
import { answerJson, HttpServer } from '../support/http-server.js';

let examples: ExampleWorker;
beforeAll(async () => {
  examples = await ExampleWorker.start(['http.privateRanges=[127.0.0.0/8]']);
});
afterAll(() => examples?.stop());

describe('etl', () => {
  it.each([
    ['', { total: 85.5, products: { tea: 37.5, cups: 48 } }],
    ['tea', { total: 37.5, products: { tea: 37.5 } }],
  ])('adds up the orders of product "%s"', async (product, loaded) => {
    const folder = await examples.folder();
    const { states, outputs } = await examples.run('example-etl', { params: { folder, product } });
    expect(states).toEqual(inStates({ success: 'extract transform load say' }));
    expect(JSON.parse(await readFile(join(folder, 'orders.json'), 'utf8'))).toEqual(loaded);
    expect(outputs).toMatchObject({
      load: `${folder}/orders.json`,
      say: `${loaded.total} francs; the first order was A-1`,
    });
  });
});

describe('weather', () => {
  const celsius: Record<string, number> = { Bern: 20.5, Davos: -3 };
  const serve = (stations: string[]): Promise<HttpServer> =>
    HttpServer.start(({ path }, response) => {
      const station = path.replace('/stations', '').slice(1);
      if (station === '') answerJson(response, stations);
      else if (celsius[station] !== undefined) answerJson(response, { station, celsius: celsius[station] });
      else answerJson(response, { message: `no station ${station}` }, 404);
    });

  it('maps over what a server says, over all pairs, and over that again', async () => {
    const server = await serve(['Bern', 'Davos']);
    const { states, outputs } = await examples.run('example-weather', { params: { api: server.url } });
    await server.close();
    expect(states).toEqual(
      inStates({
        success:
          'stations read[0] read[1] convert[0] convert[1] convert[2] convert[3] label[0] label[1] label[2] label[3] table',
      }),
    );
    expect(outputs).toMatchObject({
      'read[1]': { station: 'Davos', celsius: -3 },
      'convert[0]': 68.9,
      'convert[1]': 293.65,
      'convert[2]': 26.6,
      'convert[3]': 270.15,
      table: 'warmest 20.5 °C; number 0: 68.9, number 1: 293.65, number 2: 26.6, number 3: 270.15',
    });
    expect(server.received.map(({ path }) => path).sort()).toEqual([
      '/stations',
      '/stations/Bern',
      '/stations/Davos',
    ]);
  });

  it('does not convert when a station is missing', async () => {
    const server = await serve(['Bern', 'Thun']);
    const { states, error } = await examples.run('example-weather', { params: { api: server.url } });
    await server.close();
    expect(states).toEqual(
      inStates({ success: 'stations read[0]', failed: 'read[1]', upstreamFailed: 'convert label table' }),
    );
    expect(error).toContain('no station Thun');
  });
});

describe('mapped-group', () => {
  it('runs all tasks of the group for every shop', async () => {
    const folder = await examples.folder();
    const { states, outputs } = await examples.run('example-mapped-group', { params: { folder } });
    expect(states).toEqual(
      inStates({
        success:
          'ready count[0] count[1] count[2] order[0] order[1] order[2] send[0] send[1] send[2] invoice',
      }),
    );
    expect(outputs).toMatchObject({
      'order[0]': 6,
      'order[1]': 5,
      'send[1]': '5 to Basel',
      invoice: '17 pieces',
    });
    expect(await readdir(folder)).toEqual(['Basel.txt', 'Bern.txt', 'Chur.txt']);
    expect(await readFile(join(folder, 'Chur.txt'), 'utf8')).toBe('6\n');
  });

  it('skips within one shop alone', async () => {
    const folder = await examples.folder();
    const params = { folder, shops: ['Bern', 'Thun'], closed: ['Bern'], wanted: 7 };
    const { states, outputs } = await examples.run('example-mapped-group', { params });
    expect(states).toEqual(
      inStates({
        success: 'ready count[1] order[1] send[1] invoice',
        skipped: 'count[0] order[0] send[0]',
      }),
    );
    expect(outputs.invoice).toBe('3 pieces');
    expect(await readdir(folder)).toEqual(['Thun.txt']);
  });
});

it('complex: a graph made by loops', async () => {
  const folder = await examples.folder();
  const { state, states, outputs } = await examples.run('example-complex', { params: { folder } });
  expect(new Set(Object.values(states))).toEqual(new Set(['success']));
  expect(state).toBe('success');
  expect(Object.keys(states)).toHaveLength(31);
  expect(outputs).toMatchObject({
    'list-animals': ['heron', 'nightjar', 'swift'],
    'count-plants': ['2'],
    'search-slate': ['stones/slate'],
    'write-catalogue': ['animals/heron', 'animals/nightjar', 'animals/swift', 'plants/moss', 'stones/slate'],
  });
});
