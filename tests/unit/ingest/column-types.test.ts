import { describe, expect, it } from 'vitest';
import { parseType, spelled } from '../../../activities/operators/ingest/column-types.js';

describe('types of columns', () => {
  it.each([
    ['bigint', 'bigint'],
    ['LONG', 'bigint'],
    ['Timestamp_LTZ', 'timestamp'],
    ['decimal', 'decimal(10,0)'],
    ['numeric( 20 , 4 )', 'decimal(20,4)'],
    ['varchar(3)', 'string'],
    ['array<array<int>>', 'array<array<int>>'],
    ['map<string, dec(5)>', 'map<string,decimal(5,0)>'],
    [
      'struct<a:int, b string,`odd ``name.x`: array<date>>',
      'struct<a:int,b:string,`odd ``name.x`:array<date>>',
    ],
  ])('reads %s', (text, spelling) => {
    expect(spelled(parseType(text))).toBe(spelling);
  });

  it.each([
    ['', /a type is missing/],
    ['dubble', /"dubble" is no such type/],
    ['constructor', /no such type/],
    ['interval', /no such type/],
    ['time', /no such type/],
    ['int int', /"int" is too much/],
    ['array<int', /expected > at the end/],
    ['array<>', /">" is no such type/],
    ['map<string>', /expected ,, got ">"/],
    ['varchar', /expected \( at the end/],
    ['varchar(0)', /at least 1/],
    ['decimal(39,2)', /1 to 38 digits/],
    ['decimal(2,3)', /no more of them behind the point/],
    ['struct<a:int,A:int>', /the field "A" is there twice/],
    ['struct<a:int not null>', /expected , or >, got "not"/],
  ])('refuses %s', (text, message) => {
    expect(() => parseType(text)).toThrow(message);
  });
});
