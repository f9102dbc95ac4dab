import { maxText, withinBudget } from './evaluation-budget.js';
import { type Expression, ExpressionError, parseExpression, type Scope } from './expression.js';
import type { Json } from './json.js';
import type { Path } from './problem.js';

/** A value whose strings may hold `${{ … }}`, parsed once. */
export interface Template {
  /** Every expression in it, with its path in the value. */
  readonly expressions: readonly { readonly path: Path; readonly expression: Expression }[];
  /** @throws ExpressionError */
  render(scope: Scope): Json;
}

export function hasTemplate(text: string): boolean {
  return text.includes('${{');
}

/** Whether a string anywhere in the value holds a template. */
export function containsTemplate(value: unknown): boolean {
  if (typeof value === 'string') return hasTemplate(value);
  if (typeof value === 'object' && value !== null) return Object.values(value).some(containsTemplate);
  return false;
}

/**
 * Parses the templates in a value. A string that is one template alone keeps the type of its result; within other
 * text results are written as text, lists and maps as JSON.
 * @throws ExpressionError for the first template that is wrong
 */
export function parseTemplate(value: Json): Template {
  const expressions: { path: Path; expression: Expression }[] = [];
  const render = compile(value, [], (path, expression) => expressions.push({ path, expression }));
  return { expressions, render: (scope) => withinBudget(scope.allowance, () => render(scope)) };
}

type Render = (scope: Scope) => Json;

function compile(value: Json, path: Path, found: (path: Path, expression: Expression) => void): Render {
  if (typeof value === 'string' && hasTemplate(value)) {
    const parts = splitTemplate(value).map((part) => {
      if (typeof part === 'string') return part;
      const expression = parseExpression(part.source);
      found(path, expression);
      return expression;
    });
    return renderText(value, parts);
  }
  if (typeof value !== 'object' || value === null || !containsTemplate(value)) return () => value;
  if (Array.isArray(value)) {
    const items = value.map((item, index) => compile(item, [...path, index], found));
    return (scope) => items.map((render) => render(scope));
  }
  const entries = Object.entries(value).map(
    ([key, item]) => [key, compile(item, [...path, key], found)] as const,
  );
  return (scope) => Object.fromEntries(entries.map(([key, render]) => [key, render(scope)]));
}

function renderText(template: string, parts: readonly (string | Expression)[]): Render {
  const [first, ...rest] = parts.filter((part) => typeof part !== 'string' || part.trim() !== '');
  if (typeof first === 'object' && rest.length === 0) return (scope) => first.evaluate(scope);
  return (scope) => {
    let whole = '';
    for (const part of parts) {
      const next = typeof part === 'string' ? part : text(part.evaluate(scope));
      if (whole.length + next.length > maxText) {
        throw new ExpressionError(template, undefined, `it makes a text longer than ${maxText} characters`);
      }
      whole += next;
    }
    return whole;
  };
}

function text(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Splits text into literal parts and expressions. `}}` within quotes or braces of the expression doesn't end it.
 * @throws ExpressionError when a template isn't closed or is empty
 */
export function splitTemplate(text: string): (string | { source: string })[] {
  const parts: (string | { source: string })[] = [];
  let position = 0;
  for (;;) {
    const start = text.indexOf('${{', position);
    if (start < 0) break;
    const end = closing(text, start + 3);
    if (end === undefined)
      throw new ExpressionError(text.slice(start), undefined, "the template isn't closed by }}");
    const source = text.slice(start + 3, end).trim();
    if (source === '')
      throw new ExpressionError(text.slice(start, end + 2), undefined, 'the template is empty');
    if (start > position) parts.push(text.slice(position, start));
    parts.push({ source });
    position = end + 2;
  }
  if (position < text.length) parts.push(text.slice(position));
  return parts;
}

/** Where the `}}` is that closes a template whose expression starts at `start`. */
function closing(text: string, start: number): number | undefined {
  let depth = 0;
  for (let position = start; position < text.length; position++) {
    const character = text[position];
    if (character === '"' || character === "'") {
      const end = stringEnd(text, position);
      if (end === undefined) return undefined;
      position = end;
    } else if (character === '{') {
      depth++;
    } else if (character === '}') {
      if (depth === 0) return text[position + 1] === '}' ? position : undefined;
      depth--;
    }
  }
  return undefined;
}

/** Where the string literal ends that starts with a quote at `start`. */
function stringEnd(text: string, start: number): number | undefined {
  const quote = text[start] ?? '';
  const delimiter = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  for (let position = start + delimiter.length; position < text.length; position++) {
    if (text[position] === '\\') position++;
    else if (text.startsWith(delimiter, position)) return position + delimiter.length - 1;
  }
  return undefined;
}
