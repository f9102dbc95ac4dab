import type { QuotingName } from './codes.js';

/** Reads code from its beginning, to know where the templates in it stand. */
export interface CodeReader {
  /** Goes on with a literal part. */
  read(literal: string): void;
  /** How a value at the place reached is put in. The value is then taken as read: it ends nothing and begins nothing. */
  place(): QuotingName;
  /** What has to be between a value at the place reached and the literal before or behind it, so that these don't grow together. */
  gap(literal: string, is: 'before' | 'behind'): '' | ' ';
}
