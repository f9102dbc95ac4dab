import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';

/** A service of docker-compose.yml: the parts of it that say what runs in its container. */
export type ComposeService = {
  image: string;
  user: string;
  command?: string[];
  environment: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  volumes?: string[];
  ports?: string[];
  deploy: { replicas?: number; resources: { limits: { memory: string } } };
};

/** The services of docker-compose.yml, with variables replaced as Docker Compose does it. */
export function composeServices(env: Readonly<Record<string, string>>): Record<string, ComposeService> {
  const text = readFileSync(join(repositoryRoot, 'docker-compose.yml'), 'utf8');
  const { services } = parse(text, { merge: true }) as { services: Record<string, ComposeService> };
  return interpolate(services, env) as Record<string, ComposeService>;
}

/** `${NAME}`, `${NAME:-default}` and `${NAME:?what is missing}`. */
function interpolate(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(
      /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
      (_, name: string, kind?: string, rest = '') => {
        if (env[name]) return env[name];
        if (kind === '?') throw new Error(`${name}: ${rest}`);
        return rest;
      },
    );
  }
  if (Array.isArray(value)) return value.map((inner) => interpolate(inner, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, interpolate(inner, env)]));
}

/**
 * A command with some of its words, or parts of them, replaced: addresses of containers by those of processes. What was
 * put in is not replaced again, whatever digits a port has.
 */
export function withReplaced(
  command: readonly string[],
  replacements: Readonly<Record<string, string>>,
): string[] {
  const escaped = Object.keys(replacements).map((key) => key.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(escaped.join('|'), 'g');
  return command.map((word) => word.replaceAll(pattern, (found) => replacements[found] ?? found));
}
