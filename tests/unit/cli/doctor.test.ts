import { describe, expect, it } from 'vitest';
import { judgeDisk } from '../../../cli/doctor/disk.js';
import { checkNode } from '../../../cli/doctor/machine.js';
import { judgePort } from '../../../cli/doctor/ports.js';
import { judgeSpark } from '../../../cli/doctor/spark.js';
import { judgeServer } from '../../../cli/doctor/temporal.js';
import { formatBytes, parseBytes } from '../../../dag/bytes.js';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';

describe('the doctor judges', () => {
  it.each([
    ['18.20.4', 'error'],
    ['20.18.9', 'error'],
    ['20.19.0', 'ok'],
    ['24.1.0', 'ok'],
  ])('Node.js %s: %s', (version, status) => {
    expect(checkNode(repositoryRoot, version).status).toBe(status);
  });

  it.each([
    ['1.20.4', 'error'],
    ['1.27.2', 'error'],
    ['1.28.0-141.0', 'warning'],
    ['1.32.0', 'ok'],
    ['1.33.1', 'ok'],
    ['2.0.0', 'ok'],
    ['', 'error'],
  ])('Temporal server "%s": %s', (version, status) => {
    expect(judgeServer('localhost:7233', version).status).toBe(status);
  });

  it.each([
    ['3.5.1', 'error'],
    ['4.0.0', 'warning'],
    ['4.3.0', 'ok'],
    ['4.3.2-SNAPSHOT', 'ok'],
    ['5.0.0', 'error'],
  ])('Spark %s: %s', (version, status) => {
    expect(judgeSpark('sc://localhost', version).status).toBe(status);
  });

  it.each([
    ['grpc', 'nobody', 'ok'],
    ['grpc', 'us', 'ok'],
    ['grpc', 'another Temporal server', 'warning'],
    ['grpc', 'another program', 'warning'],
    ['ui', 'another program', 'warning'],
  ] as const)('a %s port of Temporal that %s holds: %s', (kind, holder, status) => {
    expect(judgePort({ server: 'temporal', kind, port: 7233 }, holder).status).toBe(status);
  });

  it('a disk by what is free', () => {
    expect(judgeDisk('Disk', '/data', 2048, 2048).status).toBe('ok');
    expect(judgeDisk('Disk', '/data', 2047, 2048)).toMatchObject({
      status: 'error',
      found: '2.0 KiB free at /data; less than 2.0 KiB (doctor.minFree)',
    });
  });
});

describe('sizes', () => {
  it.each([
    ['1k', 1024],
    ['1.5m', 1_572_864],
    ['2g', 2_147_483_648],
    ['1t', 1_099_511_627_776],
    ['2', undefined],
    ['g', undefined],
    ['-1g', undefined],
  ])('%s is %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [5_000_000_000, '4.7 GiB'],
  ])('%s is shown as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
