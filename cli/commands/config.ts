import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { configJsonSchema } from '../../config/json-schema.js';
import { traceConfig } from '../../config/loader.js';
import { redacted } from '../../config/redact.js';
import { singleSettings, sourceOf } from '../../config/setting-sources.js';
import { type JsonOption, print, withJson } from '../output.js';
import { type SettingsOptions, withSettings } from '../settings.js';

/** Where editors look for the schema, by the comment in config.yaml. */
const schemaFile = 'config/config.schema.json';

/** `nightjar config …`: what the settings are. */
export function registerConfig(program: Command): void {
  const config = program.command('config').description('look at settings');
  const show = config
    .command('show')
    .description('print the settings as they are in effect, without secrets')
    .option('--source', 'say where each setting comes from');
  withSettings(withJson(show)).action(showSettings);
  config
    .command('schema')
    .description('print the JSON Schema of settings files, for editors')
    .option('--write [file]', `write it to a file (default: ${schemaFile})`)
    .action(async ({ write }: { write?: true | string }) => {
      const text = `${JSON.stringify(configJsonSchema(), null, 1)}\n`;
      if (write === undefined) process.stdout.write(text);
      else await writeFile(write === true ? schemaFile : write, text);
    });
}

function showSettings(options: SettingsOptions & JsonOption & { source?: true }): void {
  const traced = traceConfig({ env: process.env, overrides: options.set, file: options.config });
  const settings = redacted(traced.config);
  if (!options.source) {
    print(options, settings, (shown) => stringify(shown).trimEnd());
    return;
  }
  const rows = singleSettings(settings).map(([path, value]) => ({
    name: path.join('.'),
    value,
    source: sourceOf(path, traced),
  }));
  const width = Math.max(...rows.map(({ name }) => name.length));
  print(options, rows, () =>
    rows
      .map(({ name, value, source }) => `${name.padEnd(width)}  ${JSON.stringify(value)}  # ${source}`)
      .join('\n'),
  );
}
