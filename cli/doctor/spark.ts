import { checkSpark as untilItAnswers, withoutToken } from '../../embedded/existing-server.js';
import { pins } from '../../embedded/setup/layout.mjs';
import { sparkToken } from '../../embedded/spark-server.js';
import { error, type Finding, ok, warning } from './finding.js';
import { ownServer, type Patient } from './patient.js';
import { agree } from './versions.js';

const check = 'Spark Connect';

/** The Spark Connect server of the settings, else the embedded one if it runs. */
export async function checkSpark(patient: Patient): Promise<Finding[]> {
  const own = ownServer(patient, 'spark');
  const remote =
    patient.config.spark.remote ??
    (own && `sc://localhost:${own.grpc}/;token=${await sparkToken(own.folder)}`);
  if (remote === undefined) return [ok(check, 'none runs; npm start and nightjar dev start one')];
  try {
    await untilItAnswers(remote, 0);
    return [judgeSpark(withoutToken(remote), await versionOf(remote))];
  } catch (problem) {
    const message = problem instanceof Error ? problem.message : String(problem);
    const mend = 'start it, correct SPARK_REMOTE or spark.remote, or unset both to use the embedded server';
    return [error(check, message.replace(/\. Start it, .*/, ''), mend)];
  }
}

async function versionOf(remote: string): Promise<string> {
  const { SparkSession } = await import('spark-connect-js');
  const session = await SparkSession.builder()
    .remote(remote)
    .userId('nightjar')
    .retry({ maxRetries: 1 })
    .getOrCreate();
  try {
    return session.version;
  } finally {
    await session.stop();
  }
}

/** The protocol has changed little within Spark 4; what was added since is not there on older servers. */
export function judgeSpark(remote: string, version: string): Finding {
  const made = pins.spark.version;
  const found = `version ${version} at ${remote}`;
  const mend = `run Spark ${made} there`;
  if (agree(version, made, 2)) return ok(check, found);
  return agree(version, made, 1)
    ? warning(check, `${found}; Nightjar is made for ${made}`, mend)
    : error(check, `${found}; Nightjar needs Spark 4, and is made for ${made}`, mend);
}
