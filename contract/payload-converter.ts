import {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  JsonPayloadConverter,
  type Payload,
  type PayloadConverter,
  UndefinedPayloadConverter,
} from '@temporalio/common';
import { decode } from '@temporalio/common/lib/encoding.js';
import { describeFlaw, jsonFlaws, mayBeInexact } from '../dag/exact-json.js';
import { unreadable } from './unreadable.js';

/**
 * How clients, workers and workflows read each other's payloads: JSON whose numbers doubles hold. A payload that can't be
 * taken as it is becomes an {@link unreadable} value instead of an error: an error in a workflow would fail its task
 * again and again.
 */
class ExactJsonConverter extends JsonPayloadConverter {
  override fromPayload<T>({ data }: Payload): T {
    const text = decode(data ?? new Uint8Array());
    // To parse what is nested without end takes seconds, which a workflow doesn't have.
    if (isNestedDeeper(text, maxNesting))
      return unreadable(`lists and maps are nested more than ${maxNesting} levels deep`) as T;
    const value = JSON.parse(text) as T;
    if (!mayBeInexact(text)) return value;
    for (const flaw of jsonFlaws(text)) {
      if (flaw.kind === 'inexact number') return unreadable(describeFlaw(flaw)) as T;
    }
    return value;
  }
}

const converters = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new BinaryPayloadConverter(),
  new ExactJsonConverter(),
);

/** Deeper than anything that operators may return, and than what is taken from people. */
const maxNesting = 5_000;

/** Whether lists and maps are nested deeper in a JSON text. Few texts are so long that they could be. */
export function isNestedDeeper(text: string, limit: number): boolean {
  if (text.length <= 2 * limit) return false;
  let depth = 0;
  for (let position = 0; position < text.length; position++) {
    switch (text.charCodeAt(position)) {
      case 0x22: // A string: on to the quote that isn't escaped.
        for (position++; position < text.length && text.charCodeAt(position) !== 0x22; position++)
          if (text.charCodeAt(position) === 0x5c) position++;
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > limit) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
    }
  }
  return false;
}

/** By this name the SDK looks for it. */
export const payloadConverter: PayloadConverter = {
  toPayload: (value, ...rest) => converters.toPayload(value, ...rest),
  fromPayload<T>(payload: Payload, ...rest: unknown[]): T {
    try {
      return converters.fromPayload(payload, ...(rest as []));
    } catch (error) {
      // What is encrypted waits for a worker that has the key.
      if (encodingOf(payload) === 'binary/encrypted') throw error;
      return unreadable(`not JSON: ${(error as Error).message}`) as T;
    }
  },
};

const encodingOf = ({ metadata }: Payload): string | undefined =>
  metadata?.encoding ? decode(metadata.encoding) : undefined;
