import { type Alias, isAlias, isCollection, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import { maxJsonDepth } from './json-limits.js';

/** Values that aliases may add, beside ten times those that are written: a bomb of aliases multiplies far more. */
const freeValues = 5_000;
const multiple = 10;

/** A mistake in a document's nodes. */
export interface NodeProblem {
  node: Node | undefined;
  message: string;
}

/** What a document's nodes stand for. */
export interface YamlValue {
  /** What an alias stands for shares its value with the anchor. */
  value: unknown;
  problems: NodeProblem[];
  /** What each alias stands for. */
  targets: ReadonlyMap<Alias, Node>;
}

/**
 * The plain value of a document, in one pass over its nodes: the library looks through all of them for every alias, and through
 * all keys of a map for every key. Aliases count by what they come to, not by their number.
 */
export function yamlValue(root: Node | null): YamlValue {
  const anchors = new Map<string, Node>();
  const values = new Map<Node, unknown>();
  const sizes = new Map<Node, number>();
  const targets = new Map<Alias, Node>();
  const problems: NodeProblem[] = [];
  let written = 0;
  let largest: { alias: Alias; size: number } | undefined;

  const ofAlias = (alias: Alias): [unknown, number] => {
    const target = anchors.get(alias.source);
    if (target === undefined) {
      problems.push({
        node: alias,
        message: `alias *${alias.source} has no anchor &${alias.source} before it`,
      });
      return [undefined, 1];
    }
    const size = sizes.get(target);
    if (size === undefined) {
      problems.push({
        node: alias,
        message: `alias *${alias.source} is inside what it stands for, so it has no end`,
      });
      return [undefined, 1];
    }
    targets.set(alias, target);
    if (size > (largest?.size ?? 0)) largest = { alias, size };
    return [values.get(target), size];
  };

  /** The value of a node, and how many values it has with all aliases carried out. */
  const visit = (node: Node | null | undefined): [value: unknown, size: number] => {
    written++;
    if (!node) return [null, 1];
    if (isAlias(node)) return ofAlias(node);
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) anchors.set(anchor, node);
    const [value, size] = isMap<Node, Node | null>(node)
      ? ofMap(node.items)
      : isSeq<Node>(node)
        ? ofList(node.items)
        : [isScalar(node) ? node.value : undefined, 1];
    if (anchor !== undefined) {
      values.set(node, value);
      sizes.set(node, size);
    }
    return [value, size];
  };

  const ofList = (items: readonly (Node | null)[]): [unknown[], number] => {
    let total = 1;
    const list = items.map((item) => {
      const [value, size] = visit(item);
      total += size;
      return value;
    });
    return [list, total];
  };

  const ofMap = (pairs: readonly Pair<Node, Node | null>[]): [Record<string, unknown>, number] => {
    let total = 1;
    const map: Record<string, unknown> = {};
    for (const pair of pairs) {
      const [key, keySize] = visit(pair.key);
      const [value, size] = visit(pair.value);
      total += keySize + size;
      if (isCollection(isAlias(pair.key) ? targets.get(pair.key) : pair.key)) {
        problems.push({ node: pair.key, message: 'a key must be text' });
        continue;
      }
      const name = key === null ? '' : String(key);
      if (Object.hasOwn(map, name)) problems.push({ node: pair.key, message: 'Map keys must be unique' });
      // Not an assignment, which `__proto__` would make one of the prototype.
      Object.defineProperty(map, name, { value, writable: true, enumerable: true, configurable: true });
    }
    return [map, total];
  };

  const [value, size] = visit(root);
  const most = freeValues + multiple * written;
  if (size > most) {
    const message = `aliases make ${size} values of the ${written} that are written, at most ${most} are allowed; alias fewer things that have aliases themselves`;
    problems.push({ node: largest?.alias, message });
  }
  return { value, problems, targets };
}

/** What the parser makes of a document before anything is resolved, as far as depth goes. */
interface Token {
  readonly offset: number;
  readonly items?: readonly { readonly key?: Token | null; readonly value?: Token }[];
}

/** Where lists and maps are nested too deeply, found without recursion; undefined when they aren't. */
export function deepAt(root: Token | undefined): number | undefined {
  let level = root === undefined ? [] : [root];
  for (let depth = 0; level.length > 0; depth++) {
    const inner = level.filter(({ items }) => items !== undefined);
    if (depth === maxJsonDepth && inner[0] !== undefined) return inner[0].offset;
    level = inner.flatMap(({ items = [] }) =>
      items.flatMap(({ key, value }) => [key, value].filter((each) => !!each)),
    );
  }
  return undefined;
}
