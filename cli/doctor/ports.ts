import { probeGrpc } from '../../embedded/health.mjs';
import { isFree } from '../../embedded/ports.js';
import { DEFAULT_PORTS } from '../../embedded/servers.js';
import { TEMPORAL_PROBE } from '../../embedded/temporal-server.js';
import { type Finding, ok, warning } from './finding.js';
import { isEmbedded, type Patient } from './patient.js';

/** Who holds a port. */
export type Holder = 'nobody' | 'us' | 'another Temporal server' | 'another program';

type Port = { server: 'temporal' | 'spark'; kind: 'grpc' | 'ui'; port: number };

const names = { temporal: 'Temporal', spark: 'Spark Connect' } as const;

/** The ports that embedded servers take when they are free; those of servers that run elsewhere don't matter. */
export async function checkPorts(patient: Patient): Promise<Finding[]> {
  const ports = (['temporal', 'spark'] as const)
    .filter((server) => isEmbedded(patient, server))
    .flatMap((server) =>
      (['grpc', 'ui'] as const).map((kind): Port => ({ server, kind, port: DEFAULT_PORTS[server][kind] })),
    );
  return Promise.all(ports.map(async (each) => judgePort(each, await holderOf(each, patient))));
}

async function holderOf({ server, kind, port }: Port, { ownServers }: Patient): Promise<Holder> {
  if (await isFree(port)) return 'nobody';
  if (ownServers.some((own) => own.grpc === port || own.ui === port)) return 'us';
  if (server !== 'temporal' || kind !== 'grpc') return 'another program';
  return speaksTemporal(`127.0.0.1:${port}`).then((does) =>
    does ? 'another Temporal server' : 'another program',
  );
}

export const speaksTemporal = (address: string): Promise<boolean> =>
  probeGrpc({ address, path: TEMPORAL_PROBE }).then(
    () => true,
    () => false,
  );

export function judgePort({ server, kind, port }: Port, holder: Holder): Finding {
  const check = `Port ${port}`;
  const use = kind === 'ui' ? `${names[server]}'s web UI` : names[server];
  if (holder === 'nobody') return ok(check, `free, for ${use}`);
  if (holder === 'us') return ok(check, `${use} of this installation listens there`);
  const found = `${holder} listens on the port of ${use}`;
  const elsewhere =
    'leave it: the embedded server takes another port, and commands of this checkout find it there';
  if (holder === 'another Temporal server')
    return warning(check, found, `work with it (TEMPORAL_ADDRESS=localhost:${port}), or ${elsewhere}`);
  return warning(check, found, `end it (lsof -i :${port} tells who it is), or ${elsewhere}`);
}
