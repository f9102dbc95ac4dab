import type { Logger } from 'pino';
import type { CallbackAction } from '../../dag/schema/callbacks.js';
import { parseUrl } from '../http/params.js';
import { refusal, send } from '../http/request.js';
import { type Json, OperatorError } from '../operator.js';
import { minimalEnvironment, textOf } from '../processes/environment.js';
import { runProgram } from '../processes/run-program.js';
import { describeEvent, type NotificationEvent } from './event.js';

export type Delivery = {
  log: Logger;
  signal: AbortSignal;
  /** The worker's environment: addresses by name are taken from it, and commands get a little of it. */
  env: Readonly<Record<string, string | undefined>>;
  /** Where commands run. Default: the worker's own folder. */
  cwd?: string;
};

/** How long a delivery may take, in milliseconds. */
const defaultTimeout = 60_000;

/**
 * Tells of an event in the way that an action describes, its templates rendered. Delivered at least once: who sends again after
 * an error may repeat what had arrived. @throws OperatorError `RequestFailed`, `RequestRefused`, `CommandFailed`, `InvalidParams`
 */
export async function deliver(
  action: CallbackAction,
  event: NotificationEvent,
  delivery: Delivery,
): Promise<void> {
  if ('webhook' in action) {
    const { headers = {}, body = event as Json, ...address } = action.webhook;
    await post('webhook', address, body, headers, delivery);
  } else if ('slack' in action) {
    const { text = describeEvent(event), ...address } = action.slack;
    await post('slack', address, { text }, {}, delivery);
  } else {
    await command(action, event, delivery);
  }
}

type Address = { url?: string | undefined; urlEnv?: string | undefined };

async function post(
  kind: string,
  { url, urlEnv }: Address,
  body: Json,
  headers: Record<string, string>,
  { log, signal, env }: Delivery,
): Promise<void> {
  const isSecret = urlEnv !== undefined;
  const address = parseUrl(isSecret ? textOf({ env: urlEnv }, env) : (url ?? ''));
  const label = `${kind} ${isSecret ? `to the address in ${urlEnv}` : `${address.origin}${address.pathname}`}`;
  const response = await send({
    method: 'POST',
    url: address,
    headers: { 'content-type': 'application/json', 'user-agent': 'nightjar', ...headers },
    body: JSON.stringify(body),
    timeout: defaultTimeout,
    followRedirects: !isSecret,
    isOurs: isSecret,
    label,
    signal,
  });
  if (!response.ok) throw await refusal(response, label);
  await response.body?.cancel();
  log.info({ status: response.status }, `${label}: delivered`);
}

async function command(
  { command: argv, timeout = defaultTimeout }: { command: string[]; timeout?: number | undefined },
  event: NotificationEvent,
  { log, signal, env, cwd = process.cwd() }: Delivery,
): Promise<void> {
  const label = `command "${argv[0]}"`;
  const timer = AbortSignal.timeout(timeout);
  let lastLine = '';
  const exit = await runProgram({
    argv,
    cwd,
    env: minimalEnvironment(env),
    stdin: `${JSON.stringify(event)}\n`,
    signal: AbortSignal.any([signal, timer]),
    onLine(stream, line) {
      log.info({ stream }, line);
      if (stream === 'stderr' && line.trim() !== '') lastLine = line.trim().slice(0, 500);
    },
  }).catch((error: unknown) => {
    if (timer.aborted && !signal.aborted)
      throw new OperatorError('CommandFailed', `${label} took longer than ${timeout / 1000} s`);
    throw error;
  });
  if (exit.code !== 0) {
    const how =
      exit.code === undefined ? `was killed by ${exit.signal}` : `ended with exit code ${exit.code}`;
    throw new OperatorError('CommandFailed', `${label} ${how}${lastLine === '' ? '' : `: ${lastLine}`}`);
  }
  log.info(`${label}: done`);
}
