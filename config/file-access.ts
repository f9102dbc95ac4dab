import type { Config } from './schema.js';

const umasks = { private: 0o077, group: 0o007 };

/** The umask by which files get the access that the settings say. */
export const umaskOf = ({ storage }: Pick<Config, 'storage'>): number =>
  storage.access === 'inherit' ? process.umask() : umasks[storage.access];
