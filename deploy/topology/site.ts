import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Service, startService } from '../../embedded/service.js';
import type { ServiceSpec } from '../../embedded/supervisor.mjs';
import { type ComposeService, composeServices } from './compose.js';
import type { Programs } from './programs.js';

/** What all parts of a topology share: its folder, its ports, the programs, and what docker-compose.yml says. */
export type Site = {
  readonly folder: string;
  readonly programs: Programs;
  /** Ports that are spoken for. */
  readonly ports: Set<number>;
  compose(service: string): ComposeService;
  logFile(name: string): string;
  /** Starts a process and waits until it is healthy. It is started again when it crashes. */
  start(
    spec: Omit<ServiceSpec, 'cwd' | 'logFile' | 'env'> & Partial<Pick<ServiceSpec, 'cwd' | 'env'>>,
  ): Promise<Service>;
  /** Ends everything that was started, the latest first. */
  stop(): Promise<void>;
};

export async function makeSite(
  folder: string,
  programs: Programs,
  env: Readonly<Record<string, string>>,
  tell: (line: string) => void,
): Promise<Site> {
  await mkdir(join(folder, 'logs'));
  const services = composeServices(env);
  const started: Service[] = [];
  const logFile = (name: string): string => join(folder, 'logs', `${name}.log`);
  return {
    folder,
    programs,
    ports: new Set(),
    compose: (name) => {
      const service = services[name];
      if (service === undefined) throw new Error(`docker-compose.yml has no service "${name}"`);
      return service;
    },
    logFile,
    start: async (spec) => {
      const service = await startService(
        { cwd: folder, logFile: logFile(spec.name), ...spec, env: { ...process.env, ...spec.env } },
        (event) => tell(`${spec.name}: ${event.type}`),
      );
      started.push(service);
      tell(`${spec.name} is up (process ${service.pid()})`);
      return service;
    },
    stop: async () => {
      for (const service of started.splice(0).reverse()) await service.stop();
    },
  };
}
