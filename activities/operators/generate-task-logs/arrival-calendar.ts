import type { GenerateSettings } from '../../../config/sections/generate.js';
import { RandomStream, streams } from './random-stream.js';

const hourMs = 3_600_000;

/**
 * Maps quantiles to moments, so that tasks come at the rate which `calendar` describes. Row i of n is created at the
 * quantile (i + U) / n: rows are in order of time, as in a log, and each depends on its own draw only.
 */
export class ArrivalCalendar {
  /** Start and end of the period, ms since 1970 UTC. */
  readonly start: number;
  readonly end: number;
  /** Share of tasks created before the start of each hour of the period; the last entry is 1. */
  private readonly cumulative: Float64Array;
  private hour = 0;

  constructor({ period, calendar, seed }: Pick<GenerateSettings, 'period' | 'calendar' | 'seed'>) {
    this.start = Date.parse(period.start);
    this.end = this.start + period.days * 24 * hourMs;
    this.cumulative = new Float64Array(period.days * 24 + 1);
    const noise = new RandomStream(seed, streams.daily).fillNormals(new Float64Array(period.days));
    let sum = 0;
    for (let day = 0; day < period.days; day += 1) {
      const weekday = (new Date(this.start + day * 24 * hourMs).getUTCDay() + 6) % 7;
      const daily =
        (calendar.weekdays[weekday] as number) * Math.exp(calendar.dailySigma * (noise[day] as number));
      for (let hour = 0; hour < 24; hour += 1) {
        const growth = calendar.growthPerYear ** ((day + (hour + 0.5) / 24) / 365);
        sum += growth * daily * (calendar.hours[hour] as number);
        this.cumulative[day * 24 + hour + 1] = sum;
      }
    }
    // A period of idle weekdays only has no rate at all: then all its hours are alike.
    const hours = period.days * 24;
    this.cumulative = this.cumulative.map((value, i) => (sum > 0 ? value / sum : i / hours));
  }

  /** The moment before which a share `quantile` in [0, 1) of all tasks was created, ms since 1970 UTC. Quick when asked in ascending order. */
  momentAt(quantile: number): number {
    quantile = Math.min(quantile, 1 - Number.EPSILON);
    if (quantile < (this.cumulative[this.hour] as number)) this.hour = 0;
    while ((this.cumulative[this.hour + 1] as number) <= quantile) this.hour += 1;
    const before = this.cumulative[this.hour] as number;
    const fraction = (quantile - before) / ((this.cumulative[this.hour + 1] as number) - before);
    return this.start + Math.trunc((this.hour + fraction) * hourMs);
  }
}
