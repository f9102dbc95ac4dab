import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { type Command, InvalidArgumentError } from 'commander';
import { checkInterval } from '../../activities/pools/slots.js';
import type { Config } from '../../config/loader.js';
import {
  type PoolSize,
  type PoolStart,
  type PoolView,
  poolMessages,
  poolWorkflow,
  poolWorkflowId,
} from '../../dag/pool/messages.js';
import { answered } from '../answered.js';
import { withClient, withClientForChanges } from '../connect.js';
import { CliError } from '../exit.js';
import { type JsonOption, plural, print, table, withJson } from '../output.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

/** Why no answer comes without a worker. */
const kept = 'pools are kept by workers';

/** A pool as `pools list --json` prints it. */
type ListedPool = PoolView & { source: 'settings' | 'command' | 'maxActiveRuns' };

/** `nightjar pools …`: the slots that tasks of all runs share. */
export function registerPools(program: Command): void {
  const pools = program.command('pools').description('look at pools of slots, and change them');
  const all = pools
    .command('list')
    .description('list pools, their slots, and how many are used and waited for');
  withSettings(withJson(all, 'print JSON, with who holds and awaits slots')).action(list);
  const change = pools
    .command('set')
    .description('make a pool, or change how many slots it has')
    .argument('<name>', 'name of the pool')
    .argument('<slots>', 'slots that tasks can hold at the same time', parseSlots)
    .option('--description <text>', 'what it is for');
  withSettings(withJson(change)).action(set);
  const end = pools
    .command('delete')
    .description('delete a pool that nobody uses')
    .argument('<name>', 'name of the pool');
  withSettings(withJson(end)).action(remove);
}

function parseSlots(text: string): number {
  const slots = Number(text);
  if (!Number.isInteger(slots) || slots < 1)
    throw new InvalidArgumentError('expected a whole number above 0');
  return slots;
}

async function list(options: SettingsOptions & JsonOption): Promise<void> {
  const config = readSettings(options);
  print(options, await withClient(config, (client) => listPools(client, config)), (pools) =>
    table(pools, [
      { head: 'Pool', of: ({ name }) => name },
      { head: 'Slots', of: ({ slots }) => slots },
      { head: 'Used', of: ({ used }) => used },
      { head: 'Waited for', of: ({ queued }) => queued },
      { head: 'From', of: ({ source }) => source },
      { head: 'Description', of: ({ description }) => description },
    ]),
  );
}

async function listPools(client: Client, { pools, temporal }: Config): Promise<ListedPool[]> {
  const listed = new Map<string, ListedPool>(
    Object.entries(pools).map(([name, { slots, description }]) => [
      name,
      {
        name,
        slots,
        used: 0,
        queued: 0,
        holders: [],
        queue: [],
        source: 'settings',
        ...(description === undefined ? {} : { description }),
      },
    ]),
  );
  const query = `WorkflowType = "${poolWorkflow}" AND ExecutionStatus = "Running" AND TaskQueue = "${temporal.taskQueue}"`;
  for await (const { workflowId } of client.workflow.list({ query })) {
    const view = await ask(client, workflowId);
    // It ended since it was listed.
    if (view === undefined) continue;
    const source = view.name in pools ? 'settings' : view.name.includes(':') ? 'maxActiveRuns' : 'command';
    listed.set(view.name, { ...view, source });
  }
  return [...listed.values()].sort((a, b) => a.name.localeCompare(b.name));
}

async function ask(client: Client, workflowId: string): Promise<PoolView | undefined> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    return await answered(client, kept, () => handle.query<PoolView>(poolMessages.state));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function set(
  name: string,
  slots: number,
  { description, ...options }: SettingsOptions & JsonOption & { description?: string },
): Promise<void> {
  const config = readSettings(options);
  refuseConfigured(name, config);
  const size: PoolSize = { slots, ...(description === undefined ? {} : { description }) };
  const start: PoolStart = { ...size, keep: true, checkInterval: checkInterval(config) };
  await withClientForChanges(config, ({ workflow }) =>
    workflow.signalWithStart(poolWorkflow, {
      workflowId: poolWorkflowId(name),
      taskQueue: config.temporal.taskQueue,
      args: [start],
      signal: poolMessages.setSlots,
      signalArgs: [size],
    }),
  );
  print(options, { name, ...size }, () => `pool ${name} has ${plural(slots, 'slot')}`);
}

async function remove(name: string, options: SettingsOptions & JsonOption): Promise<void> {
  const config = readSettings(options);
  refuseConfigured(name, config);
  await withClientForChanges(config, async (client) => {
    const handle = client.workflow.getHandle(poolWorkflowId(name));
    try {
      await answered(client, kept, () => handle.executeUpdate(poolMessages.delete));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new CliError(`there is no pool "${name}"`);
      throw error;
    }
  });
  print(options, { name }, () => `pool ${name} is deleted`);
}

function refuseConfigured(name: string, { pools }: Config): void {
  if (name in pools) throw new CliError(`pool "${name}" is in the settings: change it there, under pools`);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name))
    throw new CliError(`'${name}' is no name for a pool: expected letters, digits, '_', '-' and '.'`);
}
