import type { ErrorThreshold, MetricThresholds } from '../dag/thresholds.js';
import type { FinishedTask } from './operator.js';

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 });
const percent = (ratio: number): string => `${number.format(ratio * 100)} %`;

/** What a stage counted against its limits: one sentence for each limit that it exceeds, none when all hold. */
export function errorThresholdBreaches(
  stats: FinishedTask,
  threshold: Omit<ErrorThreshold, 'onBreach'>,
): string[] {
  const { rowsRead, rowsRejected, rejectedFiles } = stats;
  const { maxRejectedRows, maxRejectedRatio, maxRejectedFiles } = threshold;
  const ratio = rowsRead === 0 ? 0 : rowsRejected / rowsRead;
  const breaches: string[] = [];
  if (maxRejectedRows !== undefined && rowsRejected > maxRejectedRows) {
    breaches.push(
      `${number.format(rowsRejected)} rows rejected, at most ${number.format(maxRejectedRows)} allowed`,
    );
  }
  if (maxRejectedRatio !== undefined && ratio > maxRejectedRatio) {
    breaches.push(
      `${percent(ratio)} of ${number.format(rowsRead)} rows rejected, at most ${percent(maxRejectedRatio)} allowed`,
    );
  }
  if (maxRejectedFiles !== undefined && rejectedFiles.length > maxRejectedFiles) {
    breaches.push(`${rejectedFiles.length} files rejected, at most ${maxRejectedFiles} allowed`);
  }
  return breaches;
}

/** Metrics out of their bounds, or never reported: one sentence each. */
export function metricThresholdBreaches(
  metrics: Record<string, number>,
  thresholds: MetricThresholds,
): string[] {
  return Object.entries(thresholds).flatMap(([name, { min, max }]) => {
    const value = metrics[name];
    if (value === undefined) {
      const known = Object.keys(metrics).join(', ') || 'none';
      return [`metric "${name}" was not reported (reported: ${known})`];
    }
    // A comparison with NaN is false: a model that diverged must not pass.
    if (min !== undefined && !(value >= min))
      return [`${name} is ${number.format(value)}, at least ${min} required`];
    if (max !== undefined && !(value <= max))
      return [`${name} is ${number.format(value)}, at most ${max} allowed`];
    return [];
  });
}

/** What was rejected and why, as text: counts by reason, then the files by name. */
export function describeRejects(stats: FinishedTask): string {
  const reasons = Object.entries(stats.rejectedByReason)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, rows]) => `${reason}: ${number.format(rows)}`);
  const files = stats.rejectedFiles.map(({ file, reason }) => `${file} (${reason})`);
  return [
    ...(reasons.length > 0 ? [`rows by reason: ${reasons.join(', ')}`] : []),
    ...(files.length > 0 ? [`files: ${files.join('; ')}`] : []),
  ].join('; ');
}
