import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findJava } from '../../embedded/setup/java.mjs';
import { pins } from '../../embedded/setup/layout.mjs';
import { findPython, isInstalled } from '../../embedded/setup/python.mjs';
import { SetupError } from '../../embedded/setup/setup-error.mjs';
import { error, type Finding, ok, warning } from './finding.js';
import { isEmbedded, type Patient } from './patient.js';
import { isAtLeast } from './versions.js';

const setUp = 'run "node embedded/setup/main.mjs", or npm start';

/** Whether this Node.js is one that package.json allows. */
export function checkNode(root: string, version = process.versions.node): Finding {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [, oldest = '0'] = /^>=([\d.]+)$/.exec(engines.node) ?? [];
  return isAtLeast(version, oldest)
    ? ok('Node.js', version)
    : error(
        'Node.js',
        `${version}; Nightjar needs ${oldest} or newer`,
        'install a current one from https://nodejs.org',
      );
}

/** What the embedded servers need: their packages, Java, and Python where something is still to be installed. */
export async function checkPrerequisites(patient: Patient): Promise<Finding[]> {
  const { home, env } = patient;
  const spark = isEmbedded(patient, 'spark');
  const java = spark ? await findJava(home, env) : undefined;
  const wanted = [
    ...(isEmbedded(patient, 'temporal') ? [pins.temporal] : []),
    ...(spark ? [pins.spark] : []),
  ];
  const isComplete = wanted.every((pin) => isInstalled(home, pin)) && (!spark || java !== undefined);
  return [
    !spark
      ? ok('Java', 'not needed: Spark runs elsewhere')
      : java !== undefined
        ? ok('Java', java)
        : error(
            'Java',
            'none of version 17 or 21 in JAVA_HOME, on PATH, or installed by set-up',
            `install one (Debian, Ubuntu: apt-get install openjdk-17-jre-headless), or ${setUp}: set-up brings Java 21 along`,
          ),
    await checkPython(env, isComplete),
    ...(await Promise.all(wanted.map((pin) => checkPin(home, pin)))),
  ];
}

async function checkPython(env: NodeJS.ProcessEnv, isComplete: boolean): Promise<Finding> {
  try {
    return ok('Python', `${await findPython(env)}, with pip`);
  } catch (problem) {
    if (!(problem instanceof SetupError)) throw problem;
    if (isComplete) return ok('Python', 'none with pip; not needed: all servers are installed');
    return error('Python', 'none of version 3.10 or newer with pip', problem.message);
  }
}

async function checkPin(home: string, pin: (typeof pins)[keyof typeof pins]): Promise<Finding> {
  const check = `Package ${pin.package}`;
  if (isInstalled(home, pin)) return ok(check, pin.version);
  const names: string[] = await readdir(join(home, 'servers')).catch(() => []);
  const other = names.find((name) => name.startsWith(`${pin.package}-`))?.slice(pin.package.length + 1);
  return warning(
    check,
    other === undefined
      ? `${pin.version} is not installed yet`
      : `${other} is installed; Nightjar is made for ${pin.version}`,
    `${setUp}: set-up installs ${pin.version}`,
  );
}
