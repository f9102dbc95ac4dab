import { z } from 'zod';
import { isPlainObject } from '../dag/json.js';
import { didYouMean, fold } from '../dag/nearest.js';

export type SettingPath = { ok: true; path: string[] } | { ok: false; problem: string };

/**
 * Finds the setting that dotted or underscored names mean.
 * @param anyCase whether case, `_` and `-` are ignored, as environment variables need it
 */
export function settingPath(root: z.ZodType, names: readonly string[], anyCase: boolean): SettingPath {
  let schema: z.ZodType = unwrap(root);
  const path: string[] = [];
  for (const [index, name] of names.entries()) {
    if (schema instanceof z.ZodObject) {
      const keys = Object.keys(schema.shape);
      const key = keys.find((known) => known === name || (anyCase && fold(known) === fold(name)));
      if (key === undefined) {
        const place = path.length === 0 ? '' : ` in ${path.join('.')}`;
        const hint = didYouMean(name, keys) ?? `known: ${keys.join(', ')}`;
        return { ok: false, problem: `unknown setting '${name}'${place} (${hint})` };
      }
      path.push(key);
      schema = unwrap(schema.shape[key] as z.ZodType);
    } else if (schema instanceof z.ZodRecord) {
      const value = unwrap(schema.valueType as z.ZodType);
      const nested = value instanceof z.ZodObject;
      path.push(nested ? name : names.slice(index).join('.'));
      if (!nested) return { ok: true, path };
      schema = value;
    } else {
      return { ok: false, problem: `${path.join('.')} is a single value: it has no '${name}'` };
    }
  }
  return { ok: true, path };
}

/** A copy of `value` with one setting replaced. */
export function withSetting(value: unknown, path: readonly string[], setting: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return setting;
  const siblings = isPlainObject(value) ? value : {};
  return { ...siblings, [key]: withSetting(siblings[key], rest, setting) };
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema;
}
