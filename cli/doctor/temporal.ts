import { type Connection, isGrpcServiceError } from '@temporalio/client';
import { ConfigError } from '../../config/loader.js';
import { DEFAULT_PORTS } from '../../embedded/servers.js';
import { ConnectionError, connectTemporal } from '../../worker/connection/connect.js';
import { addSearchAttributesCommand, missingSearchAttributes } from '../../worker/search-attributes.js';
import { otherOwner } from '../checkout.js';
import { othersServer } from '../connect.js';
import { error, type Finding, ok, warning } from './finding.js';
import { ownServer, type Patient } from './patient.js';
import { speaksTemporal } from './ports.js';
import { isAtLeast } from './versions.js';

/** Older servers lack what Nightjar asks for: Updates, worker deployments, priorities. */
const oldestServer = '1.28';
/** What Nightjar is tested with. */
const testedServer = '1.32';

const check = 'Temporal server';
const notFound = 5;
const workflowTasks = 1;

/** The Temporal server of the settings, else the embedded one if it runs, else the one that commands would find. */
export async function checkTemporal(patient: Patient): Promise<Finding[]> {
  const { config } = patient;
  const own = ownServer(patient, 'temporal');
  const usual = `localhost:${DEFAULT_PORTS.temporal.grpc}`;
  const address =
    config.temporal.address ??
    (own ? `localhost:${own.grpc}` : (await speaksTemporal(usual)) ? usual : undefined);
  if (address === undefined) return [ok(check, 'none runs; npm start and nightjar dev start one')];
  try {
    const { connection } = await connectTemporal(config, address);
    try {
      const isFound = config.temporal.address === undefined && own === undefined;
      const owner = isFound ? await otherOwner(connection, config.temporal.namespace) : undefined;
      if (owner !== undefined) {
        const [found = '', advice = ''] = othersServer(owner).split('; ');
        return [warning(check, found, advice)];
      }
      return await examine(connection, address, patient);
    } finally {
      await connection.close();
    }
  } catch (problem) {
    if (isGrpcServiceError(problem))
      return [
        error(
          check,
          `${address}: ${problem.details}`,
          'see what this account may do, and whether the server is up',
        ),
      ];
    if (!(problem instanceof ConnectionError) && !(problem instanceof ConfigError)) throw problem;
    // Its message ends with advice, where there is any that fits.
    const [found = '', ...advice] = problem.message.split('; ');
    const fallback = 'correct TEMPORAL_ADDRESS or temporal.address, or unset both to use the embedded server';
    return [error(check, found, advice.join('; ') || fallback)];
  }
}

async function examine(
  connection: Connection,
  address: string,
  { config: { temporal } }: Patient,
): Promise<Finding[]> {
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  const version = judgeServer(address, serverVersion ?? '');
  // What it answers to the rest can't be relied on.
  if (version.status === 'error') return [version];
  const namespace = await checkNamespace(connection, temporal.namespace);
  if (namespace.status === 'error') return [version, namespace];
  return [
    version,
    namespace,
    await checkAttributes(connection, temporal.namespace),
    await checkWorkers(connection, temporal.namespace, temporal.taskQueue),
  ];
}

export function judgeServer(address: string, version: string): Finding {
  const found = `version ${version || 'unknown'} at ${address}`;
  const mend = `update it to ${testedServer} or newer`;
  if (!isAtLeast(version, oldestServer))
    return error(check, `${found}; Nightjar needs ${oldestServer} or newer`, mend);
  return isAtLeast(version, testedServer)
    ? ok(check, found)
    : warning(check, `${found}; Nightjar is tested with ${testedServer}`, mend);
}

async function checkNamespace(connection: Connection, namespace: string): Promise<Finding> {
  const what = 'Namespace';
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return ok(what, namespace);
  } catch (problem) {
    if (!isGrpcServiceError(problem)) throw problem;
    return problem.code === notFound
      ? error(
          what,
          `the server has no namespace ${namespace}`,
          `make it (temporal operator namespace create -n ${namespace}), or correct TEMPORAL_NAMESPACE or temporal.namespace`,
        )
      : error(what, `${namespace}: ${problem.details}`, 'let this account see the namespace');
  }
}

async function checkAttributes(connection: Connection, namespace: string): Promise<Finding> {
  const what = 'Search attributes';
  const mend = `a worker adds them when it starts, if it may; else: ${addSearchAttributesCommand} -n ${namespace}`;
  try {
    const missing = await missingSearchAttributes(connection, namespace);
    if (missing.length === 0) return ok(what, 'known to the server');
    return warning(what, `the server lacks ${missing.map(({ name }) => name).join(', ')}`, mend);
  } catch (problem) {
    if (!isGrpcServiceError(problem)) throw problem;
    return warning(what, `the server doesn't tell which it knows: ${problem.details}`, mend);
  }
}

async function checkWorkers(connection: Connection, namespace: string, taskQueue: string): Promise<Finding> {
  const what = 'Workers';
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: workflowTasks,
  });
  const seen = [...new Set((pollers ?? []).map(({ identity }) => identity))];
  return seen.length > 0
    ? ok(what, `${seen.join(', ')} on task queue ${taskQueue}`)
    : warning(
        what,
        `none has asked for work on task queue ${taskQueue} in the last minutes: runs would wait`,
        'start one: nightjar worker, or nightjar dev with servers of its own',
      );
}
