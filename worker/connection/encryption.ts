import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type Payload, type PayloadCodec, ValueError } from '@temporalio/common';
import proto from '@temporalio/proto';

/** Keys by id, and the one that encrypts. */
export type EncryptionKeys = { current: string; keys: ReadonlyMap<string, Buffer> };

const { Payload: payloadMessage } = proto.temporal.api.common.v1;

const cipher = 'aes-256-gcm';
const encoding = Buffer.from('binary/encrypted');
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts payloads with AES-256-GCM before they leave the process. The key's id goes along in the open, so that
 * payloads of earlier keys can still be read; payloads that were never encrypted are read as they are.
 */
export class EncryptionCodec implements PayloadCodec {
  constructor(private readonly keys: EncryptionKeys) {}

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.encrypt(payload));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (isEncrypted(payload) ? this.decrypt(payload) : payload));
  }

  private encrypt(payload: Payload): Payload {
    const { current } = this.keys;
    const id = Buffer.from(current);
    const nonce = randomBytes(nonceBytes);
    const encrypting = createCipheriv(cipher, this.key(current), nonce).setAAD(id);
    const data = [encrypting.update(payloadMessage.encode(payload).finish()), encrypting.final()];
    return {
      metadata: { encoding, 'encryption-cipher': Buffer.from(cipher), 'encryption-key-id': id },
      data: Buffer.concat([nonce, encrypting.getAuthTag(), ...data]),
    };
  }

  private decrypt({ metadata, data }: Payload): Payload {
    const id = Buffer.from(metadata?.['encryption-key-id'] ?? []);
    const name = id.toString();
    const bytes = Buffer.from(data ?? []);
    const key = this.key(name);
    try {
      const nonce = bytes.subarray(0, nonceBytes);
      const decrypting = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
        .setAAD(id)
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      const plain = [decrypting.update(bytes.subarray(nonceBytes + tagBytes)), decrypting.final()];
      return payloadMessage.decode(Buffer.concat(plain));
    } catch (error) {
      throw new ValueError(
        `a payload can't be decrypted: the key "${name}" is another one, or the payload was changed`,
        error,
      );
    }
  }

  private key(id: string): Buffer {
    const key = this.keys.keys.get(id);
    if (key !== undefined) return key;
    throw new ValueError(`a payload is encrypted with the key "${id}", which temporal.encryption.keys lacks`);
  }
}

export const isEncrypted = ({ metadata }: Payload): boolean =>
  metadata?.encoding !== undefined && metadata.encoding !== null && encoding.equals(metadata.encoding);
