import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Config, loadConfig } from '../config/loader.js';

/** The options by which every command takes settings. */
export type SettingsOptions = { config?: string; set: string[] };

const collect = (value: string, all: string[]): string[] => [...all, value];

/** Adds `--config` and `--set` to a command. */
export function withSettings(command: Command): Command {
  return command
    .addOption(new Option('--config <file>', 'settings file (default: config/config.yaml)'))
    .addOption(
      new Option('--set <name=value>', 'override a setting, such as generate.records=50000; repeatable')
        .default([], 'none')
        .argParser((value: string, all: string[]) => {
          if (!/^[^=]+=/.test(value))
            throw new InvalidArgumentError('expected name=value, such as generate.records=50000');
          return collect(value, all);
        }),
    );
}

/** @throws ConfigError */
export const readSettings = ({ config, set }: SettingsOptions): Config =>
  loadConfig({ env: process.env, overrides: set, file: config });
