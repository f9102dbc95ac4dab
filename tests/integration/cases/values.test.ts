import { readFile } from 'node:fs/promises';
import { RawValue } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../dag/json.js';
import { useCases } from '../../support/cases.js';

// Nothing here may hang on the time zone of the worker.
process.env.TZ = 'America/New_York';
const cases = useCases();

/** JSON as another program would send it, not as JavaScript would write it. */
const raw = (json: string): never =>
  RawValue.fromPayload({
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(json),
  }) as never;

const wouldBe = (number: string, rounded: string): string =>
  `the number ${number} would become ${rounded}: numbers have about 16 digits (write it as text: "${number}")`;

describe.concurrent('numbers keep their value, or the task fails saying so', () => {
  it('in what programs give: xcom-values, xcom-nan', async () => {
    const [values, nan] = await Promise.all([cases.run('xcom-values'), cases.run('xcom-nan')]);
    expect(values.state).toBe('failed');
    expect(values.reasons.id).toContain(`id: ${wouldBe('12345678901234567891', '12345678901234567000')}`);
    expect(values.reasons.shelljson).toContain(`[0]: ${wouldBe('9007199254740993', '9007199254740992')}`);
    expect(values.outputs).toEqual({});
    expect(nan.reasons.nan).toContain('is not JSON: ');
    expect(nan.reasons.nan).toContain('NaN');
  });

  it('in a run’s input: params-null', async () => {
    const message = `the run's input can't be taken as it is: params.big: ${wouldBe('9007199254740993', '9007199254740992')}`;
    const refused = cases
      .worker()
      .run('params-null', raw('{"params": {"big": 9007199254740993}}'), 'params-null/a');
    expect(await refused).toBe(message);
    const { outputs } = await cases.run('params-null', { params: { mode: 'a', big: 9007199254740991 } });
    expect(outputs.echo).toEqual({
      mode: 'a',
      zip: '01234',
      any: null,
      big: 9007199254740991,
      day: '2026-02-28',
      list: [],
      obj: {},
    });
  });

  it('in DAG files: rows-values, trig, and params: params-null-enum, params-odd', async () => {
    const refused = async (dagId: string) => cases.worker().run(dagId, undefined, `${dagId}/refused`);
    const [rows, trigger, enumeration, odd] = await Promise.all([
      refused('rows-values'),
      refused('trig'),
      refused('params-null-enum'),
      cases.run('params-odd'),
    ]);
    expect(rows).toMatch(/rows-values\/dag\.yaml:\d+:\d+: /);
    expect(rows).toContain(wouldBe('9007199254740993', '9007199254740992'));
    expect(trigger).toContain(wouldBe('9007199254740993', '9007199254740992'));
    expect(enumeration).toMatch(/params-null-enum\/dag\.yaml:\d+:\d+: params\.mode\.default: /);
    expect(odd.state).toBe('success');
    expect(odd.record.params).toEqual({ step: 0.3, cents: 4.35, n: 3 });
  });
});

describe.concurrent('values of Spark that JSON has no numbers for', () => {
  it('are text in rows, wherever they are: rows-text', async () => {
    const { state, outputs } = await cases.run('rows-text');
    expect(state).toBe('success');
    const row = {
      nan: 'NaN',
      inf: 'Infinity',
      ninf: '-Infinity',
      big: '9007199254740993',
      dec: '1.10',
      long: '12345678901234567891.5',
      fnan: 'NaN',
      arr: [1, '9007199254740993'],
      st: { x: 'NaN', y: '9007199254740993' },
      m: { 1: 'Infinity' },
      dm: { '2026-01-01': { x: 'NaN' } },
      argbig: '9007199254740993',
      tbig: 'string',
      tsafe: 'bigint',
      tf: 'int',
      txt: "O'Hara \\ x",
      tn: 'void',
    };
    expect(outputs.sql).toEqual({ v: [row] });
    expect(outputs.after).toEqual(row);
    expect(outputs['nan-is-small']).toBe(false);
    expect([outputs['each[0]'], outputs['each[1]']]).toEqual(['1', '9007199254740993']);
    expect(outputs.sensor).toEqual(['9007199254740993', 1]);
  });

  it('are text in reports: report-odd', async () => {
    const { state, outputs, reasons } = await cases.run('report-odd');
    expect(reasons).toEqual({});
    expect(state).toBe('success');
    const { html, json, figures } = outputs.report as { html: string; json: string; figures: Json };
    expect(figures).toEqual({
      a: 'NaN',
      b: null,
      c: '12345678901234567891.5',
      d: 'Infinity',
      e: '9007199254740993',
      f: 0.10000000149011612,
    });
    const data = JSON.parse(await readFile(json, 'utf8'));
    expect(data.figures).toEqual(figures);
    expect(data.sections[1].table.rows).toEqual([
      ['a', 1],
      [null, 2],
      ['<script>alert(1)</script>', 'NaN'],
      ['', -3],
    ]);
    expect(data.sections[5].table.rows).toEqual([
      ['<img src=x onerror=alert(1)>', '9007199254740993', 1.1, expect.any(String), 'NaN', '[1,2]'],
    ]);
    const page = await readFile(html, 'utf8');
    expect(page).not.toMatch(/<script>alert|<img src=x/);
    for (const shown of ['12345678901234567891.5', '9007199254740993', 'Infinity', 'NaN'])
      expect(page).toContain(`<dd>${shown}</dd>`);
    expect(page).toContain('<td class="number">9007199254740993</td>');
  });
});

describe.concurrent('outputs of programs', () => {
  it('are whole or refused, with their real size: longline, slow-line', async () => {
    const [long, slow] = await Promise.all([cases.run('longline'), cases.run('slow-line')]);
    const size = (bytes: string): string =>
      `the output of the command has ${bytes} bytes, at most 65,536 are allowed; write data to files and give their place as output`;
    expect(long.state).toBe('failed');
    expect(long.reasons.line).toContain(size('200,003'));
    expect(long.outputs).toEqual({});
    expect(slow.reasons.slow).toContain(size('200,003'));
    expect(slow.reasons.open).toContain(size('200,000'));
    expect(slow.reasons.text).toContain(size('100,000'));
    expect(slow.outputs).toEqual({ fits: `${'x'.repeat(65_000)}END` });
  });

  it('are lines as they were printed: shell-lines', async () => {
    const { outputs, reasons } = await cases.run('shell-lines');
    expect(reasons.longlast).toContain('the output of the command has 70,000 bytes');
    expect(outputs).toEqual({
      crlf: 'b',
      progress: '10%\r50%\r100%\rdone',
      latin: 'caf\ufffd',
      nul: 'a\0b',
      long: 'end',
      nofinal: 'two',
      utf8split: '😀',
    });
  });
});

describe.concurrent('items of mapped tasks', () => {
  it('are skipped, kept and reduced in order: map-mixed', async () => {
    const { state, outputs, record } = await cases.run('map-mixed');
    const states = Object.fromEntries(record.tasks.map(({ key, state }) => [key, state]));
    expect(outputs).toMatchObject({ reduce: '["0","2","3","4"]', 'each[1]': '2-1', 'each[3]': '4-3' });
    expect(states).toMatchObject({
      'm[1]': 'skipped',
      gate: 'skipped',
      'f[0]': 'failed',
      f_gate: 'upstreamFailed',
    });
    expect(states.f_done).toBe('success');
    expect(state).toBe('failed');
  });

  it('are null, lists and maps as they are; a map is no list: map-nulls', async () => {
    const { outputs, reasons } = await cases.run('map-nulls');
    expect([0, 1, 2, 3, 4].map((index) => outputs[`m[${index}]`])).toEqual([
      "'null'",
      "'1'",
      `'"a b"'`,
      "'[1,2]'",
      `'{"k":null}'`,
    ]);
    expect(reasons.overdict).toBe('expand.x must be a list, its template gave {"b":1,"a":2}');
  });
});

describe.concurrent('expressions', () => {
  it('give the same days wherever the worker is, and none that is none: tz-ds', async () => {
    const { outputs, reasons } = await cases.run('tz-ds');
    expect(outputs).toEqual({ naive: '2026-01-31' });
    expect(reasons.unreal).toContain(
      "ds needs a real date or time, such as 2026-01-31 or 2026-01-31T23:30:00Z, got '2026-02-31'",
    );
    expect(reasons.ts).toContain(
      "timestamp() needs a real time with its zone, such as 2026-01-31T23:30:00Z, got '2026-02-31T00:00:00Z'",
    );
  });

  it('give values as documented: templates', async () => {
    const { outputs, reasons, record } = await cases.run('templates');
    expect(reasons).toEqual({});
    expect(outputs.t).toEqual({
      null_in_text: 'x=null.',
      rate_half: 2.5,
      half_half: 2.75,
      replace_special: 'cost $&$$5',
      braces: 'a}}b',
      map: { a: { b: 1 } },
      hours: 0,
      date_tz: 2,
      dow: 0,
      month: 6,
      doy: 0,
      hours_winter: 7,
      hours_off: 17,
      minutes_off: 30,
      ds_off: '2026-02-01',
      ds_naive: '2026-01-31',
      ds_day: '2026-01-05',
      dur: '86400s',
      dur2: '-5400s',
      size: 2,
      sci: '20200219 1e+21 0.30000000000000004 1e-7 100000000000',
      str_double: '5 5',
      avg: 1,
      avg2: 1.5,
      neg: '-3 -1',
      rng: [],
      intround: '2 -2',
      msub: 123,
      ts_micro: '2026-01-01T00:00:00.123Z',
      eqmix: 'true true',
      inmix: true,
      cmpmix: true,
      matches: 'false true',
      split: ['a', '', 'b', ''],
      upper: 'xtrue',
      deep: ['a b', { k: [1, null, 'x'] }],
      multiline: 'line a b\nlast 5\n',
      interval: record.logicalDate,
    });
  });
});
