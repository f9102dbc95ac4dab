import { inspect } from 'node:util';

/** A value that is printed, and written to JSON, as its text. */
export abstract class PrintedValue {
  abstract toString(): string;

  toJSON(): string {
    return this.toString();
  }

  /** `Decimal(12.50)`, for console.log and the like. */
  [inspect.custom](): string {
    return `${this.constructor.name}(${this})`;
  }
}
