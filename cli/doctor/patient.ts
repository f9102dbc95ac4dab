import type { Config } from '../../config/loader.js';
import type { RunningServer } from '../../embedded/running-servers.js';

/** What the checks look at. */
export type Patient = {
  config: Config;
  /** The repository's root. */
  root: string;
  /** Folder of set-up's and the embedded servers' files. */
  home: string;
  env: NodeJS.ProcessEnv;
  /** Embedded servers of this installation that run now. */
  ownServers: readonly RunningServer[];
};

/** Whether `npm start` would start this server itself. */
export const isEmbedded = ({ config }: Pick<Patient, 'config'>, server: 'temporal' | 'spark'): boolean =>
  (server === 'temporal' ? config.temporal.address : config.spark.remote) === undefined;

export const ownServer = ({ ownServers }: Pick<Patient, 'ownServers'>, server: 'temporal' | 'spark') =>
  ownServers.find(({ kind }) => kind === server);
