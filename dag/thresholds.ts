import { type Json, show } from './json.js';
import type { ErrorThresholdSpec, MetricThresholdsSpec } from './schema/task.js';

/** Bounds on rejected rows and files, with all templates evaluated. */
export interface ErrorThreshold {
  maxRejectedRows?: number;
  /** 0–1, of the rows read. */
  maxRejectedRatio?: number;
  maxRejectedFiles?: number;
  onBreach: 'fail' | 'warn';
}

/** Bounds of metrics by their names. */
export type MetricThresholds = Record<string, { min?: number; max?: number }>;

/** What a task's outcome is held against. */
export interface Thresholds {
  errorThreshold?: ErrorThreshold;
  metricThresholds?: MetricThresholds;
}

export type ThresholdSpecs = {
  errorThreshold?: ErrorThresholdSpec;
  metricThresholds?: MetricThresholdsSpec;
};

/**
 * Checks rendered thresholds: templates may have given anything.
 * @throws Error that names the threshold, what it is and what it may be
 */
export function checkThresholds(rendered: Json): Thresholds {
  const { errorThreshold, metricThresholds } = rendered as ThresholdSpecs;
  if (errorThreshold !== undefined) {
    const { maxRejectedRows, maxRejectedRatio, maxRejectedFiles } = errorThreshold;
    checkNumber('errorThreshold.maxRejectedRows', maxRejectedRows, Number.POSITIVE_INFINITY);
    checkNumber('errorThreshold.maxRejectedRatio', maxRejectedRatio, 1);
    checkNumber('errorThreshold.maxRejectedFiles', maxRejectedFiles, Number.POSITIVE_INFINITY);
  }
  for (const [name, { min, max }] of Object.entries(metricThresholds ?? {})) {
    for (const [side, value] of Object.entries({ min, max })) {
      if (value !== undefined && typeof value !== 'number') {
        throw new Error(
          `metricThresholds.${name}.${side} must be a number, its template gave ${show(value)}`,
        );
      }
    }
  }
  return rendered as Thresholds;
}

function checkNumber(name: string, value: number | string | undefined, max: number): void {
  if (value === undefined || (typeof value === 'number' && value >= 0 && value <= max)) return;
  const range = max === Number.POSITIVE_INFINITY ? 'of at least 0' : `from 0 to ${max}`;
  throw new Error(`${name} must be a number ${range}, its template gave ${show(value)}`);
}
