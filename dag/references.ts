import type { ASTNode } from '@marcbachmann/cel-js';

/**
 * A variable and the keys read from it, such as `['tasks', 'train', 'output']`; cut where a key is computed or
 * optional (`.?`, `has(…)`).
 */
export type Reference = readonly [variable: string, ...keys: string[]];

const comprehensions = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** Every use of one of the variables in an expression. Names that a macro binds don't count. */
export function referencesIn(root: ASTNode, variables: readonly string[]): Reference[] {
  const found: Reference[] = [];

  const visit = (node: ASTNode, bound: ReadonlySet<string>): void => {
    const reference = chain(node);
    if (reference !== undefined) {
      const [variable] = reference.keys;
      if (variable !== undefined && variables.includes(variable) && !bound.has(variable)) {
        found.push([variable, ...reference.keys.slice(1)]);
      }
      for (const computed of reference.computed) visit(computed, bound);
      return;
    }
    switch (node.op) {
      case 'call': {
        const [name, args] = node.args;
        const [argument] = args;
        if (name === 'has' && argument?.op === '.') visit(argument.args[0], bound);
        else for (const arg of args) visit(arg, bound);
        return;
      }
      case 'rcall': {
        const [name, receiver, args] = node.args;
        visit(receiver, bound);
        const [first, ...rest] = args;
        const binds = first?.op === 'id' && (comprehensions.has(name) || isBind(receiver, name));
        if (first !== undefined && !binds) visit(first, bound);
        const inner = binds ? new Set([...bound, first.args]) : bound;
        for (const arg of rest) visit(arg, inner);
        return;
      }
      default:
        for (const child of children(node.args)) visit(child, bound);
    }
  };

  visit(root, new Set());
  return found;
}

/** `a.b["c"]` as its keys, with the nodes of computed ones; undefined when the node is no such chain. */
function chain(node: ASTNode): { keys: string[]; open: boolean; computed: ASTNode[] } | undefined {
  if (node.op === 'id') return { keys: [node.args], open: true, computed: [] };
  if (node.op !== '.' && node.op !== '[]' && node.op !== '.?' && node.op !== '[?]') return undefined;
  const [object, key] = node.args;
  const base = chain(object);
  if (base === undefined) return undefined;
  if (typeof key === 'string') {
    return node.op === '.' ? extend(base, key) : { ...base, open: false };
  }
  if (node.op === '[]' && key.op === 'value' && typeof key.args === 'string') return extend(base, key.args);
  return { ...base, open: false, computed: [...base.computed, key] };
}

function extend(base: { keys: string[]; open: boolean; computed: ASTNode[] }, key: string) {
  return base.open ? { ...base, keys: [...base.keys, key] } : base;
}

function isBind(receiver: ASTNode, name: string): boolean {
  return name === 'bind' && receiver.op === 'id' && receiver.args === 'cel';
}

/** Child nodes anywhere in a node's arguments: lists of nodes, map entries, operands. */
export function children(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(children);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

const withoutText = new Set<string>([
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  '&&',
  '||',
  '!_',
  '-_',
  '-',
  '*',
  '/',
  '%',
]);
const callsWithoutText = new Set(['size', 'int', 'uint', 'double', 'has']);
const methodsWithoutText = new Set([
  'contains',
  'startsWith',
  'endsWith',
  'matches',
  'exists',
  'all',
  'size',
]);

/** The parts of an expression that its text may come from: none of a comparison, of `a ? b : c` only b and c. */
export function textsOf(root: ASTNode): ASTNode[] {
  if (withoutText.has(root.op)) return [];
  switch (root.op) {
    case '?:':
      return [root.args[1], root.args[2]].flatMap(textsOf);
    case '+':
      return root.args.flatMap(textsOf);
    case 'call':
      return callsWithoutText.has(root.args[0]) ? [] : [root];
    case 'rcall':
      return methodsWithoutText.has(root.args[0]) ? [] : [root];
    default:
      return [root];
  }
}
