import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { formatBytes, parseBytes } from '../../dag/bytes.js';
import { error, type Finding, ok } from './finding.js';
import { isEmbedded, type Patient } from './patient.js';

/** Whether there is room for data, and for the servers' state and Spark's temporary files. */
export async function checkDisks(patient: Patient): Promise<Finding[]> {
  const { config, home } = patient;
  const least = parseBytes(config.doctor.minFree) ?? 0;
  const usesHome = isEmbedded(patient, 'temporal') || isEmbedded(patient, 'spark');
  return Promise.all([
    checkDisk('Disk of dataRoot', resolve(config.dataRoot), least),
    ...(usesHome ? [checkDisk('Disk of the servers', home, least)] : []),
  ]);
}

async function checkDisk(check: string, folder: string, least: number): Promise<Finding> {
  const present = await nearest(folder);
  const isWritable = await access(present, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable)
    return error(check, `${present} can't be written to`, 'let this user write there, or set dataRoot');
  const { bavail, bsize } = await statfs(present);
  return judgeDisk(check, folder, bavail * bsize, least);
}

export function judgeDisk(check: string, folder: string, free: number, least: number): Finding {
  const found = `${formatBytes(free)} free at ${folder}`;
  return free >= least
    ? ok(check, found)
    : error(
        check,
        `${found}; less than ${formatBytes(least)} (doctor.minFree)`,
        'make room: `nightjar data list` shows what runs take, `nightjar data gc` removes data of old ones',
      );
}

/** The folder itself, or the one above it that is there. */
async function nearest(folder: string): Promise<string> {
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : nearest(dirname(folder));
}
