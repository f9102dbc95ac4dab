import type { Json } from '../json.js';
import { formatPath, type Path } from '../problem.js';
import { type CallSite, callSite, DagBuildError } from './call-site.js';
import { type DagDefinition, defineDag } from './definition.js';
import { member, reference } from './reference.js';
import { RenderError, render, renderCondition, tasksRead } from './render.js';
import type { DagBuilder, DagOptions, Group, Node, OperatorLike, ParamDeclarations, Task } from './types.js';

/**
 * A DAG in TypeScript, to be exported by default. It makes the same document that YAML holds: tasks are what `task`
 * adds while the callback runs, and they depend on what they say and on the tasks whose outputs they use.
 * @throws DagBuildError for values that can't be in a document
 */
export function dag<const P extends ParamDeclarations = Record<never, never>>(
  options: DagOptions<P>,
  build: (builder: DagBuilder<P>) => void,
): DagDefinition {
  return new Build(options, callSite(dag)).finish(build as (builder: object) => unknown);
}

type Draft = Record<string, unknown>;

/** What is known of a task or group: its part of the document, and what it depends on with the call that said so. */
type Entry = { draft: Draft; dependsOn: Map<string, CallSite | undefined> };

class Build {
  readonly #nodes = new Map<Node, Entry>();
  readonly #tasks: Node[] = [];
  readonly #groups = new Map<string, Node>();
  readonly #sites = new Map<string, CallSite>();
  #group: Node | undefined;
  #open = true;

  constructor(
    private readonly options: object,
    private readonly site: CallSite | undefined,
  ) {
    this.#note([], site);
  }

  finish(build: (builder: object) => unknown): DagDefinition {
    const returned = build(this.#builder());
    this.#open = false;
    if (returned instanceof Promise) {
      returned.catch(() => undefined);
      throw new DagBuildError('the callback of dag() must not be async', this.site, 'await before dag()');
    }
    const own = this.#render(this.options, this.site) as Draft;
    const groups = Object.fromEntries(
      [...this.#groups].map(([id, node]) => [id, this.#finished(node, ['groups', id])]),
    );
    const tasks = this.#tasks.map((node, index) => this.#finished(node, ['tasks', index]));
    return defineDag(
      { ...own, ...(this.#groups.size > 0 && { groups }), tasks: tasks.length > 0 ? tasks : [] },
      this.#sites,
    );
  }

  /** The untyped side of {@link DagBuilder}. */
  #builder(): Record<keyof DagBuilder<ParamDeclarations>, unknown> {
    const task = (id: string, operator: OperatorLike, options: Draft = {}): Task =>
      this.#task(id, operator, options, callSite(task));
    const group = (id: string, ...rest: [() => unknown] | [Draft, (mapped: object) => unknown]): Group =>
      this.#addGroup(id, rest, callSite(group));
    return {
      task,
      group,
      params: reference('params'),
      run: reference('run'),
      config: reference('config'),
    };
  }

  #task(id: string, operator: OperatorLike, options: Draft, site: CallSite | undefined): Task {
    this.#mustBeOpen('task', site);
    const { output, state, stats } = reference(`tasks${member(String(id))}`);
    const node: Task = Object.assign(this.#node(id), {
      output,
      state,
      stats,
      returns: <Known>() => node as Task<Known>,
    });
    const { dependsOn, when, with: params, ...rest } = options;
    const draft: Draft = {
      ...(this.#render(rest, site) as Draft),
      id,
      operator: operator?.name,
      ...(params !== undefined && {
        with: this.#render(typeof params === 'function' ? params(mapped) : params, site, ['with']),
      }),
      ...(when !== undefined && { when: renderCondition(when) }),
      ...(this.#group !== undefined && { group: this.#group.id }),
    };
    this.#note(['tasks', this.#tasks.length], site);
    this.#tasks.push(node);
    this.#add(node, draft, dependsOn, site);
    return node;
  }

  #addGroup(
    id: string,
    rest: [() => unknown] | [Draft, (mapped: object) => unknown],
    site: CallSite | undefined,
  ): Group {
    this.#mustBeOpen('group', site);
    const [{ dependsOn, ...options }, build] = rest.length === 1 ? [{} as Draft, rest[0]] : rest;
    if (this.#groups.has(id)) throw new DagBuildError(`there is already a group '${id}'`, site);
    const node = this.#node(id);
    const draft: Draft = {
      ...(this.#render(options, site) as Draft),
      ...(this.#group !== undefined && { group: this.#group.id }),
    };
    this.#note(['groups', id], site);
    this.#groups.set(id, node);
    this.#add(node, draft, dependsOn, site);
    const outer = this.#group;
    this.#group = node;
    try {
      return Object.assign(node, { members: build(mapped) });
    } finally {
      this.#group = outer;
    }
  }

  #node(id: string): Node {
    const before = <Next extends Node | readonly Node[]>(next: Next): Next => {
      const site = callSite(before);
      for (const each of [next].flat() as Node[]) this.#depend(each, node, site);
      return next;
    };
    const after = <Previous extends Node | readonly Node[]>(previous: Previous): Previous => {
      const site = callSite(after);
      for (const each of [previous].flat() as Node[]) this.#depend(node, each, site);
      return previous;
    };
    const node: Node = { id, before, after };
    return node;
  }

  #add(node: Node, draft: Draft, dependsOn: unknown, site: CallSite | undefined): void {
    this.#nodes.set(node, { draft, dependsOn: new Map() });
    for (const each of dependsOn === undefined ? [] : [dependsOn].flat()) this.#depend(node, each, site);
  }

  /** @throws DagBuildError when a task is not of this DAG */
  #depend(node: unknown, on: unknown, site: CallSite | undefined): void {
    const entry = this.#nodes.get(node as Node);
    const isKnown = typeof on === 'string' || this.#isNode(on);
    if (entry === undefined || !isKnown) {
      throw new DagBuildError('expected a task or group of this DAG, or its id', site);
    }
    const id = typeof on === 'string' ? on : on.id;
    if (!entry.dependsOn.has(id)) entry.dependsOn.set(id, site);
  }

  /** A task or group as the document has it, with the tasks that it reads among its dependencies. */
  #finished(node: Node, path: Path): Draft {
    const { draft, dependsOn } = this.#nodes.get(node) as Entry;
    const known = new Set(this.#tasks.map(({ id }) => id));
    const { with: params = {}, expand = {}, errorThreshold = {}, metricThresholds = {}, when } = draft;
    const read = tasksRead([params, expand, errorThreshold, metricThresholds] as Json, when);
    const ids = [...new Set([...dependsOn.keys(), ...read.filter((id) => known.has(id) && id !== node.id)])];
    for (const [index, id] of ids.entries()) this.#note([...path, 'dependsOn', index], dependsOn.get(id));
    return ids.length === 0 ? draft : { ...draft, dependsOn: ids };
  }

  readonly #isNode = (value: unknown): value is Node => this.#nodes.has(value as Node);

  #render(value: unknown, site: CallSite | undefined, path: Path = []): Json | undefined {
    try {
      return render(value, this.#isNode, path);
    } catch (error) {
      throw error instanceof RenderError ? new DagBuildError(error.message, site) : error;
    }
  }

  #note(path: Path, site: CallSite | undefined): void {
    if (site !== undefined) this.#sites.set(formatPath(path), site);
  }

  #mustBeOpen(what: string, site: CallSite | undefined): void {
    if (!this.#open) throw new DagBuildError(`${what}() works only while the callback of dag() runs`, site);
  }
}

/** What tasks and groups with `expand` see. */
const mapped = { item: reference('item'), index: reference('index') };
