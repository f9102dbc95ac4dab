import { expect, it } from 'vitest';
import { composeServices, withReplaced } from '../../../deploy/topology/compose.js';

it('replaces variables as Docker Compose does', () => {
  const password = (env: Record<string, string>) =>
    composeServices({ TEMPORAL_DB_PASSWORD: 'secret', ...env }).temporal?.environment.POSTGRES_PWD;
  expect(password({})).toBe('secret');
  expect(password({ TEMPORAL_DB_PASSWORD: 'other' })).toBe('other');
  expect(() => password({ TEMPORAL_DB_PASSWORD: '' })).toThrow('TEMPORAL_DB_PASSWORD');

  const cores = (env: Record<string, string>) =>
    composeServices({ TEMPORAL_DB_PASSWORD: 'secret', ...env })['spark-worker']?.command;
  expect(cores({})).toContain('2');
  expect(cores({ SPARK_WORKER_CORES: '16' })).toContain('16');
});

it('replaces addresses once, also when what is put in looks like another one', () => {
  const command = [
    '--port',
    '7077',
    '--webui-port',
    '8080',
    'spark://spark-master:7077',
    '--host=spark-master',
  ];
  const replaced = withReplaced(command, { 'spark-master': '127.0.0.1', '7077': '28080', '8080': '27077' });
  expect(replaced).toEqual([
    '--port',
    '28080',
    '--webui-port',
    '27077',
    'spark://127.0.0.1:28080',
    '--host=127.0.0.1',
  ]);
});
