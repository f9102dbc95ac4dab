import { PrintedValue } from './printed-value.js';

const microsPerSecond = 1_000_000n;
const microsPerDay = 86_400n * microsPerSecond;
const millisPerDay = 86_400_000;

/** An instant to the microsecond: the value of Spark's TIMESTAMP columns. Immutable. */
export class Timestamp extends PrintedValue {
  constructor(
    /** Microseconds since 1970-01-01T00:00:00Z. */
    readonly micros: bigint,
  ) {
    super();
  }

  static fromDate(date: Date): Timestamp {
    if (Number.isNaN(date.getTime())) throw new TypeError('Not a valid date');
    return new Timestamp(BigInt(date.getTime()) * 1000n);
  }

  /**
   * Reads ISO 8601 with a time zone, such as `2026-01-31T12:00:00.123456Z` or `…+02:00`.
   * @throws TypeError when it is not one
   */
  static parse(text: string): Timestamp {
    const [, local, zone] = /^(.*?)(Z|[+-]\d{2}:?\d{2})$/i.exec(text) ?? [];
    if (local === undefined || zone === undefined) {
      throw new TypeError(`Not an ISO 8601 timestamp with a time zone: "${text}"`);
    }
    const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
    const offset = BigInt(Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60n * microsPerSecond;
    const { micros } = LocalDateTime.parse(local);
    return new Timestamp(sign === '-' ? micros + offset : micros - offset);
  }

  /** A Date; digits below the millisecond are cut. */
  toDate(): Date {
    return new Date(Number(floorDiv(this.micros, 1000n)));
  }

  equals(other: Timestamp): boolean {
    return this.micros === other.micros;
  }

  /** ISO 8601 in UTC with six digits: `2026-01-31T12:00:00.123456Z`. */
  override toString(): string {
    return `${formatDateTime(this.micros)}Z`;
  }
}

/** A date and time of day without a time zone: the value of Spark's TIMESTAMP_NTZ columns. Immutable. */
export class LocalDateTime extends PrintedValue {
  constructor(
    /** Microseconds since 1970-01-01T00:00:00, counted as if in UTC. */
    readonly micros: bigint,
  ) {
    super();
  }

  /** Reads `2026-01-31T12:00:00.123456`, also with a blank for the T or a date alone. @throws TypeError */
  static parse(text: string): LocalDateTime {
    const [, date, time = '00:00'] = /^([+-]?\d{4,6}-\d{2}-\d{2})(?:[T ](.+))?$/.exec(text) ?? [];
    if (date === undefined) throw new TypeError(`Not an ISO 8601 date and time: "${text}"`);
    return new LocalDateTime(
      BigInt(LocalDate.parse(date).epochDay) * microsPerDay + LocalTime.parse(time).nanos / 1000n,
    );
  }

  equals(other: LocalDateTime): boolean {
    return this.micros === other.micros;
  }

  /** `2026-01-31T12:00:00.123456` */
  override toString(): string {
    return formatDateTime(this.micros);
  }
}

/** A calendar day: the value of Spark's DATE columns. Immutable. */
export class LocalDate extends PrintedValue {
  constructor(
    /** Days since 1970-01-01. */
    readonly epochDay: number,
  ) {
    super();
  }

  /** Reads `2026-01-31`. @throws TypeError when it is not a date of the calendar */
  static parse(text: string): LocalDate {
    const [, year, month, day] = /^([+-]?\d{4,6})-(\d{2})-(\d{2})$/.exec(text) ?? [];
    const date = new Date(0);
    date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
    if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) {
      throw new TypeError(`Not an ISO 8601 date: "${text}"`);
    }
    return new LocalDate(date.getTime() / millisPerDay);
  }

  /** The UTC day of a Date. */
  static fromDate(date: Date): LocalDate {
    if (Number.isNaN(date.getTime())) throw new TypeError('Not a valid date');
    return new LocalDate(Math.floor(date.getTime() / millisPerDay));
  }

  /** Midnight UTC of this day. */
  toDate(): Date {
    return new Date(this.epochDay * millisPerDay);
  }

  equals(other: LocalDate): boolean {
    return this.epochDay === other.epochDay;
  }

  /** `2026-01-31` */
  override toString(): string {
    const date = this.toDate();
    const two = (value: number) => String(value).padStart(2, '0');
    const year = date.getUTCFullYear();
    const sign = year < 0 ? '-' : year > 9999 ? '+' : '';
    return `${sign}${String(Math.abs(year)).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  }
}

/** A time of day: the value of Spark's TIME columns. Immutable. */
export class LocalTime extends PrintedValue {
  constructor(
    /** Nanoseconds since midnight. */
    readonly nanos: bigint,
  ) {
    super();
  }

  /** Reads `12:30`, `12:30:15` or `12:30:15.123456789`. @throws TypeError */
  static parse(text: string): LocalTime {
    const [, hour, minute, second = '0', fraction = ''] =
      /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/.exec(text) ?? [];
    if (hour === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
      throw new TypeError(`Not an ISO 8601 time of day: "${text}"`);
    }
    const seconds = BigInt(Number(hour) * 3600 + Number(minute) * 60 + Number(second));
    return new LocalTime(seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')));
  }

  equals(other: LocalTime): boolean {
    return this.nanos === other.nanos;
  }

  /** `12:30:15`, with as many digits of a fraction as needed. */
  override toString(): string {
    const seconds = Number(this.nanos / 1_000_000_000n);
    const fraction = String(this.nanos % 1_000_000_000n)
      .padStart(9, '0')
      .replace(/0+$/, '');
    const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
    const text = `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
    return fraction === '' ? text : `${text}.${fraction}`;
  }
}

function formatDateTime(micros: bigint): string {
  const day = floorDiv(micros, microsPerDay);
  const ofDay = micros - day * microsPerDay;
  const fraction = String(ofDay % microsPerSecond).padStart(6, '0');
  const time = new LocalTime((ofDay / microsPerSecond) * 1_000_000_000n);
  return `${new LocalDate(Number(day))}T${time}.${fraction}`;
}

function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}
