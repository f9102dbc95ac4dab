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
