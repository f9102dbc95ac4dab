import type { SparkConnectClient } from '../client/client.js';
import { type OptionValue, optionText } from './options.js';

/** The configuration of a session: reads and changes `spark.*` settings on the server. */
export class RuntimeConfig {
  constructor(private readonly client: SparkConnectClient) {}

  /** @throws SparkConnectError when the setting is static or its value is wrong */
  set(key: string, value: OptionValue): Promise<void> {
    return this.setAll({ [key]: value });
  }

  /** Changes several settings in one call. */
  async setAll(settings: Readonly<Record<string, OptionValue>>): Promise<void> {
    const pairs = Object.entries(settings).map(([key, value]) => ({ key, value: optionText(value) }));
    if (pairs.length > 0) await this.client.config({ case: 'set', value: { pairs } });
  }

  /**
   * The value of a setting, or its default.
   * @throws SparkConnectError `SQL_CONF_NOT_FOUND` when it has neither
   */
  async get(key: string): Promise<string> {
    const [pair] = await this.client.config({ case: 'get', value: { keys: [key] } });
    return pair?.value ?? '';
  }

  /** The value of a setting; undefined when it has none. */
  async getOption(key: string): Promise<string | undefined> {
    const [pair] = await this.client.config({ case: 'getOption', value: { keys: [key] } });
    return pair?.value;
  }

  /** All settings of the session, or those that begin with a prefix. */
  async getAll(prefix?: string): Promise<Record<string, string>> {
    const value = prefix === undefined ? {} : { prefix };
    const pairs = await this.client.config({ case: 'getAll', value });
    return Object.fromEntries(pairs.map((pair) => [pair.key, pair.value ?? '']));
  }

  /** Takes a setting back to Spark's own default, not to what the server was started with. */
  async unset(key: string): Promise<void> {
    await this.client.config({ case: 'unset', value: { keys: [key] } });
  }

  /** Whether a setting can be changed in a session. */
  async isModifiable(key: string): Promise<boolean> {
    const [pair] = await this.client.config({ case: 'isModifiable', value: { keys: [key] } });
    return pair?.value === 'true';
  }
}
