import type { Environment } from '@marcbachmann/cel-js';
import { fromCel } from '../cel-values.js';
import { spendOnValue } from '../evaluation-budget.js';
import { codeOf, harmless, type QuotingName, quotingNames } from './codes.js';
import { escapeDoubleQuoted, escapeSingleQuoted } from './shell.js';
import { escapeName, escapeSql } from './sql.js';

export function registerQuoting(environment: Environment): void {
  for (const name of quotingNames) {
    environment.registerFunction(`${name}(dyn): string`, (value: unknown) => quote(name, value));
  }
}

/** @throws Error when the value can't be put into such a place */
function quote(name: QuotingName, value: unknown): string {
  spendOnValue(value);
  const json = fromCel(value);
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  switch (name) {
    case 'sqlText':
      return escapeSql(text);
    case 'sqlName': {
      const escaped = escapeName(text);
      if (escaped !== undefined) return escaped;
      throw new Error("between backquotes of SQL it may not hold '${'");
    }
    case 'shellSingleQuoted':
      return escapeSingleQuoted(text);
    case 'shellDoubleQuoted':
      return escapeDoubleQuoted(text);
    case 'shellWord':
      return isText(json) ? `'${escapeSingleQuoted(text)}'` : text;
    default:
      return plain(name, text, isText(json));
  }
}

/** Numbers, true, false and null are the same in code as they are. */
const isText = (json: unknown): boolean =>
  typeof json === 'string' || (typeof json === 'object' && json !== null);

/** @throws Error for text that may be more than a value */
function plain(name: keyof typeof harmless, text: string, isText: boolean): string {
  const { pattern, words } = harmless[name];
  if (!isText || pattern.test(text)) return text;
  const { name: code, instead } = codeOf(name);
  throw new Error(`where it stands in ${code} it may ${words} (${instead})`);
}
