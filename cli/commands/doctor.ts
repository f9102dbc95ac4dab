import type { Command } from 'commander';
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import { exitCodes } from '../exit.js';
import { painter } from '../format.js';
import { type JsonOption, plural, print, withJson } from '../output.js';
import { type SettingsOptions, withSettings } from '../settings.js';

/** `nightjar doctor`: what is wrong with an installation, its surroundings and servers, and how to mend it. */
export function registerDoctor(program: Command): void {
  const doctor = program
    .command('doctor')
    .description(
      'check the machine, the settings, the servers and the DAGs, and say how to mend what is wrong',
    );
  withSettings(withJson(doctor))
    .addHelpText(
      'after',
      `
Exit code 1 when there is an error. Warnings are told, and leave it at 0.`,
    )
    .action(async (options: SettingsOptions & JsonOption) => {
      const checks = await examine(options);
      const isWell = checks.every(({ status }) => status !== 'error');
      print(options, { ok: isWell, checks }, () => describe(checks));
      if (!isWell) process.exitCode = exitCodes.failed;
    });
}

function describe(findings: readonly Finding[]): string {
  const paint = painter(process.stdout.isTTY === true);
  const marks = { ok: paint.green('✓'), warning: paint.yellow('!'), error: paint.red('✗') };
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, status, found, mend }) => [
    `${marks[status]} ${check.padEnd(width)}  ${found}`,
    ...(mend === undefined ? [] : [`  ${''.padEnd(width)}  ${paint.cyan('→')} ${mend}`]),
  ]);
  const count = (status: Finding['status']): number =>
    findings.filter((finding) => finding.status === status).length;
  const errors = count('error');
  const warnings = count('warning');
  const verdict = errors === 0 ? 'all is well' : plural(errors, 'error');
  return [...lines, '', warnings === 0 ? verdict : `${verdict}, ${plural(warnings, 'warning')}`].join('\n');
}
