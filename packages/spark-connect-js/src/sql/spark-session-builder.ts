import { userInfo } from 'node:os';
import { v4 as uuid } from 'uuid';
import { SparkConnectClient } from '../client/client.js';
import { isUuid, parseConnectionString } from '../client/connection-string.js';
import { SparkConnectError } from '../client/errors.js';
import type { ProgressListener } from '../client/progress.js';
import { defaultRetryPolicy, type RetryPolicy } from '../client/retry-policy.js';
import type { OperationIds, OperationListener } from '../client/session-channel.js';
import { openTransport } from '../client/transport.js';
import type { OptionValue } from './options.js';
import { SparkSession } from './spark-session.js';

/** Retries of the first call: a server that does not answer within about 20 s is reported, not waited for. */
const connectRetries = 5;

/** Opens a {@link SparkSession}. */
export class SparkSessionBuilder {
  #remote: string | undefined;
  #userId: string | undefined;
  #sessionId: string | undefined;
  #operationIds: OperationIds = () => () => uuid();
  #onProgress: ProgressListener | undefined;
  #onOperation: OperationListener | undefined;
  #retryPolicy = defaultRetryPolicy;
  #random: () => number = Math.random;
  readonly #config: Record<string, OptionValue> = {};

  /** The server as `sc://host:port/;key=value;…`; by default what the environment variable SPARK_REMOTE says. */
  remote(connectionString: string): this {
    this.#remote = connectionString;
    return this;
  }

  /** By default `user_id` of the connection string, else the user of this process. */
  userId(userId: string): this {
    this.#userId = userId;
    return this;
  }

  /** A UUID; sessions of the same user and id are one and the same on the server. Random by default. */
  sessionId(sessionId: string): this {
    this.#sessionId = sessionId;
    return this;
  }

  /** Names the session's operations; see {@link OperationIds}. */
  operationIds(operationIds: OperationIds): this {
    this.#operationIds = operationIds;
    return this;
  }

  /** Listens to the progress of every operation of the session. */
  onProgress(listener: ProgressListener): this {
    this.#onProgress = listener;
    return this;
  }

  /** Listens to the start and the end of every operation of the session, for traces. */
  onOperation(listener: OperationListener | undefined): this {
    this.#onOperation = listener;
    return this;
  }

  /** How patiently calls are retried, and the source of randomness for their jitter. */
  retry(policy: Partial<RetryPolicy>, random: () => number = Math.random): this {
    this.#retryPolicy = { ...defaultRetryPolicy, ...policy };
    this.#random = random;
    return this;
  }

  /** Settings of the session, such as `spark.sql.shuffle.partitions`; set when it is opened. */
  config(key: string, value: OptionValue): this;
  config(settings: Readonly<Record<string, OptionValue>>): this;
  config(key: string | Readonly<Record<string, OptionValue>>, value?: OptionValue): this {
    Object.assign(this.#config, typeof key === 'string' ? { [key]: value ?? '' } : key);
    return this;
  }

  /**
   * Connects, and opens the session unless the server has it already.
   * @throws SparkConnectError `INVALID_CONNECT_URL`, `INVALID_SESSION_ID`, or one with a gRPC code such as
   *   `UNAVAILABLE` when no server answers
   */
  async getOrCreate(): Promise<SparkSession> {
    const remote = this.#remote ?? process.env.SPARK_REMOTE;
    if (remote === undefined) {
      throw new SparkConnectError('Which server? Call remote("sc://host:port") or set SPARK_REMOTE.', {
        errorClass: 'INVALID_CONNECT_URL',
      });
    }
    const connection = parseConnectionString(remote);
    const sessionId = this.#sessionId ?? connection.sessionId ?? uuid();
    if (!isUuid(sessionId)) {
      throw new SparkConnectError(`The session id "${sessionId}" must be a UUID.`, {
        errorClass: 'INVALID_SESSION_ID',
      });
    }
    const agent = connection.userAgent === undefined ? '' : `${connection.userAgent} `;
    const client = new SparkConnectClient({
      ...openTransport(connection),
      sessionId,
      userId: this.#userId ?? connection.userId ?? userInfo().username,
      clientType: `${agent}spark-connect-js node/${process.versions.node} ${process.platform}`,
      operationIds: this.#operationIds,
      retryPolicy: this.#retryPolicy,
      random: this.#random,
      onProgress: this.#onProgress,
      onOperation: this.#onOperation,
    });
    try {
      const { version } = await client.analyze('sparkVersion', {}, { maxRetries: connectRetries });
      const session = new SparkSession(client, version);
      await session.conf.setAll(this.#config);
      return session;
    } catch (error) {
      client.close();
      const { host, port } = connection;
      if (!(error instanceof SparkConnectError) || error.errorClass !== undefined) throw error;
      // A server that reports an exception is there.
      if (error.exceptionClasses.length > 0) throw error;
      if (error.grpcCode === 'UNAUTHENTICATED' || error.grpcCode === 'PERMISSION_DENIED') throw error;
      throw new SparkConnectError(`No Spark Connect server answers at ${host}:${port}: ${error.message}`, {
        grpcCode: error.grpcCode,
        cause: error,
      });
    }
  }
}
