import { expect, it } from 'vitest';
import { serverEnvironment, setupEnvironment } from '../../../embedded/setup/environment.mjs';

const env = {
  PATH: '/bin',
  HOME: '/home/louhi',
  LC_ALL: 'C',
  JAVA_HOME: '/java',
  HTTPS_PROXY: 'http://proxy',
  npm_config_registry: 'https://npm.test',
  PIP_INDEX_URL: 'https://pip.test',
  AWS_SECRET_ACCESS_KEY: 'secret',
  DATABASE_URL: 'postgres://u:secret@db',
  TEMPORAL_API_KEY: 'secret',
  NODE_OPTIONS: '--inspect',
};

it('embedded servers see nothing but what is ordinary and what settings name', () => {
  const ordinary = { PATH: '/bin', HOME: '/home/louhi', LC_ALL: 'C', JAVA_HOME: '/java' };
  expect(serverEnvironment([], env)).toEqual(ordinary);
  expect(serverEnvironment(['AWS_SECRET_ACCESS_KEY', 'NOT_SET'], env)).toEqual({
    ...ordinary,
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
});

it('set-up sees what leads to package registries beside that', () => {
  const { AWS_SECRET_ACCESS_KEY: _, DATABASE_URL: _1, TEMPORAL_API_KEY: _2, ...rest } = env;
  expect(setupEnvironment(env)).toEqual(rest);
});
