import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import type { Topology } from './topology.js';

type Job = {
  job_name: string;
  metrics_path?: string;
  static_configs?: { targets: string[] }[];
  dns_sd_configs?: { names: string[]; port: number }[];
};

/**
 * Asks for everything that deploy/prometheus/prometheus.yml has Prometheus ask for.
 * @returns what did not answer with metrics, a line each
 */
export async function checkMetrics({ temporal, spark, nightjarWorkers }: Topology): Promise<string[]> {
  const text = readFileSync(join(repositoryRoot, 'deploy', 'prometheus', 'prometheus.yml'), 'utf8');
  const { scrape_configs: jobs } = parse(text) as { scrape_configs: Job[] };
  /** Where the processes are that stand for the containers. */
  const processes: Record<string, string[]> = {
    'temporal:8000': [temporal.metricsUrl],
    'spark-master:8080': [spark.masterUrl],
    'spark-worker:8081': spark.workers.map(({ uiUrl }) => uiUrl),
    'spark-connect:4040': [spark.uiUrl],
    'nightjar:9464': nightjarWorkers.map(({ url }) => url),
  };
  const asked = jobs.flatMap(({ job_name: job, metrics_path: path = '/metrics', ...configs }) => {
    const targets = [
      ...(configs.static_configs ?? []).flatMap((config) => config.targets),
      ...(configs.dns_sd_configs ?? []).flatMap(({ names, port }) => names.map((name) => `${name}:${port}`)),
    ];
    return targets.flatMap((target) => {
      const urls = processes[target] ?? [];
      if (urls.length === 0) return [Promise.resolve([`metrics of ${job}: nothing stands for ${target}`])];
      return urls.map((url) => problemsOf(job, url + path));
    });
  });
  return (await Promise.all(asked)).flat();
}

/** A page of metrics has lines such as `name{label="value"} 1.0`; Spark answers unknown paths with other pages. */
async function problemsOf(job: string, url: string): Promise<string[]> {
  const response = await fetch(url);
  const text = await response.text();
  const ok = response.status === 200 && /^[a-zA-Z_][\w:]*(\{.*\})? [-+\d.eEInfNa]+$/m.test(text);
  return ok ? [] : [`metrics of ${job}: ${url} answers with status ${response.status} and no metrics`];
}
