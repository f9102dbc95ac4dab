import { type Document, type Scalar, visit } from 'yaml';
import { inexactNumber, isExactNumber } from './exact-json.js';

/** A number in YAML that JSON doesn't hold: where it starts, what is wrong with it, and how to write it instead. */
export type YamlFlaw = { offset: number; message: string; hint: string };

export function yamlFlaws(document: Document): YamlFlaw[] {
  const flaws: YamlFlaw[] = [];
  visit(document, {
    Scalar: (_key, { value, source = '', range }: Scalar) => {
      if (typeof value !== 'number') return;
      const flaw = numberFlaw(value, source);
      if (flaw !== undefined) flaws.push({ offset: range?.[0] ?? 0, ...flaw });
    },
  });
  return flaws;
}

function numberFlaw(value: number, source: string): Omit<YamlFlaw, 'offset'> | undefined {
  if (/^[-+]?\.(inf|nan)$/i.test(source))
    return { message: `${source} is no number in JSON`, hint: `write it as text: "${source}"` };
  const isDecimal = !/^0[xo]/.test(source);
  if (isDecimal ? isExactNumber(source) : Number.isSafeInteger(value)) return undefined;
  return inexactNumber(source);
}
