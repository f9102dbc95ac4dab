import { runningServers } from '../../embedded/running-servers.js';
import { defaultHome, repositoryRoot } from '../../embedded/setup/layout.mjs';
import type { SettingsOptions } from '../settings.js';
import { checkDisks } from './disk.js';
import type { Finding } from './finding.js';
import { checkNode, checkPrerequisites } from './machine.js';
import type { Patient } from './patient.js';
import { checkPorts } from './ports.js';
import { checkDags, checkSettings } from './settings.js';
import { checkSpark } from './spark.js';
import { checkTemporal } from './temporal.js';

/** Every check, in the order in which people mend things. */
const checks: ((patient: Patient) => Promise<Finding[]>)[] = [
  checkPrerequisites,
  checkPorts,
  checkDisks,
  checkTemporal,
  checkSpark,
  ({ config }) => checkDags(config),
];

/** Looks at this installation, its surroundings and its servers. */
export async function examine(options: SettingsOptions): Promise<Finding[]> {
  const { config, findings } = checkSettings(options);
  const first = [checkNode(repositoryRoot), ...findings];
  if (config === undefined) return first;
  const patient: Patient = {
    config,
    root: repositoryRoot,
    home: defaultHome,
    env: process.env,
    ownServers: runningServers(defaultHome),
  };
  return [...first, ...(await Promise.all(checks.map((check) => check(patient)))).flat()];
}
