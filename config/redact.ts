import { isPlainObject } from '../dag/json.js';

const hidden = '…';

/** Names of Spark settings that hold secrets: as Spark itself redacts them in its pages, and some more. */
const secretName = /secret|password|passwd|token|credential|access[._]?key|account\.key|api[._]?key/i;

/** Settings to be shown. Nightjar's own name only places of secrets, but addresses and settings of Spark may hold some. */
export function redacted(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((inner) => redacted(inner));
  if (isPlainObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redacted(inner, key)]));
  if (name.startsWith('spark.') && secretName.test(name)) return hidden;
  return typeof value === 'string' && value.startsWith('sc://') ? redactedRemote(value) : value;
}

/** `sc://host:port/;token=…` */
const redactedRemote = (remote: string): string =>
  remote.replace(/;([^=;]*)=([^;]*)/g, (all, key: string) =>
    secretName.test(key) ? `;${key}=${hidden}` : all,
  );
