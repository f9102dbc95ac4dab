import { PrintedValue } from './printed-value.js';

/** A span of whole months: the value of Spark's INTERVAL YEAR TO MONTH columns. */
export class YearMonthInterval extends PrintedValue {
  constructor(readonly months: number) {
    super();
  }

  /** `INTERVAL '1-2' YEAR TO MONTH`, as SQL writes it. */
  override toString(): string {
    const months = Math.abs(this.months);
    return `INTERVAL '${this.months < 0 ? '-' : ''}${Math.floor(months / 12)}-${months % 12}' YEAR TO MONTH`;
  }
}

/** A span of time to the microsecond: the value of Spark's INTERVAL DAY TO SECOND columns. */
export class DayTimeInterval extends PrintedValue {
  constructor(readonly micros: bigint) {
    super();
  }

  /** In seconds; spans of more than 285 years lose microseconds. */
  get seconds(): number {
    return Number(this.micros) / 1e6;
  }

  /** `INTERVAL '1 02:03:04.000005' DAY TO SECOND`, as SQL writes it. */
  override toString(): string {
    const micros = this.micros < 0n ? -this.micros : this.micros;
    const seconds = micros / 1_000_000n;
    const two = (value: bigint) => String(value).padStart(2, '0');
    const time = `${two((seconds / 3600n) % 24n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
    const fraction = String(micros % 1_000_000n).padStart(6, '0');
    return `INTERVAL '${this.micros < 0n ? '-' : ''}${seconds / 86_400n} ${time}.${fraction}' DAY TO SECOND`;
  }
}

/** Months, days and microseconds side by side, since neither has a fixed length: Spark's legacy INTERVAL type. */
export class CalendarInterval extends PrintedValue {
  constructor(
    readonly months: number,
    readonly days: number,
    readonly micros: bigint,
  ) {
    super();
  }

  /** `INTERVAL 1 MONTHS 2 DAYS 3 MICROSECONDS`, as SQL reads it. */
  override toString(): string {
    return `INTERVAL ${this.months} MONTHS ${this.days} DAYS ${this.micros} MICROSECONDS`;
  }
}
