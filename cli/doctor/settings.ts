import { loadOperators } from '../../activities/load-operators.js';
import { readDagFiles } from '../../activities/run/dag-files.js';
import { type Config, ConfigError } from '../../config/loader.js';
import { formatSourceError } from '../../dag/source.js';
import { temporalOptions } from '../../worker/connection/temporal-options.js';
import { dagSources } from '../../worker/dag-sources.js';
import { plural } from '../output.js';
import { readSettings, type SettingsOptions } from '../settings.js';
import { error, type Finding, ok, warning } from './finding.js';

/** Settings that can be used, and what was found about them. */
export function checkSettings(options: SettingsOptions): { config?: Config; findings: Finding[] } {
  const check = 'Settings';
  try {
    const config = readSettings(options);
    // Keys and certificates are read only when a server is talked to.
    temporalOptions(config, config.temporal.address ?? 'localhost:7233');
    return { config, findings: [ok(check, 'valid')] };
  } catch (problem) {
    if (!(problem instanceof ConfigError)) throw problem;
    return {
      findings: [
        ...problem.problems.map((each) =>
          error(check, each, 'correct it; docs/configuration.md tells what there is'),
        ),
        warning(check, 'nothing that depends on them was looked at', 'run nightjar doctor again then'),
      ],
    };
  }
}

/** The DAG files of the configured folders, and the operators that they may use. */
export async function checkDags(config: Config): Promise<Finding[]> {
  try {
    const operators = await loadOperators(config.operators.folder);
    const files = await readDagFiles(dagSources(config, operators));
    const errors = files.flatMap((file) => (file.ok ? [] : file.errors));
    if (errors.length > 0)
      return errors.map((each) => error('DAGs', formatSourceError(each), 'correct the file'));
    const folders = config.dags.folders.join(', ');
    return files.length > 0
      ? [ok('DAGs', `${plural(files.length, 'DAG')} in ${folders}`)]
      : [
          warning(
            'DAGs',
            `there are none in ${folders}`,
            'write one (docs/authoring.md), or set dags.folders',
          ),
        ];
  } catch (problem) {
    if (!(problem instanceof ConfigError)) throw problem;
    return problem.problems.map((each) => error('Operators', each, 'correct it (docs/operators/own.md)'));
  }
}
