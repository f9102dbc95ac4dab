import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CommandInit } from '../client/client.js';
import { SparkConnectError } from '../client/errors.js';
import type { ExecuteOptions } from '../client/execution.js';
import { MlOperator_OperatorType } from '../gen/spark/connect/ml_common_pb.js';
import type {
  MlCommandResult,
  MlCommandResult_MlOperatorInfo,
  MlCommandSchema,
} from '../gen/spark/connect/ml_pb.js';
import type { FetchSchema, MlRelation_TransformSchema } from '../gen/spark/connect/relations_pb.js';
import type { LiteralInit } from '../plan/literal.js';
import { PlanNode } from '../plan/plan.js';
import { DataFrame } from '../sql/data-frame.js';
import type { SparkSession } from '../sql/spark-session.js';
import { type AttributeValue, fromLiteral } from './literals.js';

type MlCommand = NonNullable<MessageInitShape<typeof MlCommandSchema>['command']>;
type FetchInit = MessageInitShape<typeof FetchSchema>;
type Transformer = NonNullable<MessageInitShape<typeof MlRelation_TransformSchema>['operator']>;

/** Encoded params, as the protocol carries them. */
export type ParamsInit = { params: Record<string, LiteralInit> };

/** What kind of thing a class is, for the server. */
export type OperatorKind = 'estimator' | 'transformer' | 'evaluator' | 'model';

const operatorTypes: Record<OperatorKind, MlOperator_OperatorType> = {
  estimator: MlOperator_OperatorType.ESTIMATOR,
  transformer: MlOperator_OperatorType.TRANSFORMER,
  evaluator: MlOperator_OperatorType.EVALUATOR,
  model: MlOperator_OperatorType.MODEL,
};

/** A class on the server, as the protocol names it. */
export const operator = (kind: OperatorKind, name: string, uid = '') => ({
  name,
  uid,
  type: operatorTypes[kind],
});

/** Runs a command of the ML protocol. */
export async function runMl(
  session: SparkSession,
  command: MlCommand,
  options: ExecuteOptions = {},
): Promise<MlCommandResult['resultType']> {
  const message: CommandInit = { commandType: { case: 'mlCommand', value: { command } } };
  const { mlResult } = await session.client.executeCommand(message, options);
  return mlResult?.resultType ?? { case: undefined };
}

/** Runs a command that answers with an object of the server: a model that was fitted or loaded. */
export async function runForOperator(
  session: SparkSession,
  command: MlCommand,
  options: ExecuteOptions = {},
): Promise<MlCommandResult_MlOperatorInfo> {
  const result = await runMl(session, command, options);
  if (result.case !== 'operatorInfo') throw unexpected(command, result.case);
  return result.value;
}

/** The id that the server gave an object in the session's cache. */
export const objectId = ({ type }: MlCommandResult_MlOperatorInfo): string =>
  type.case === 'objRef' ? type.value.id : '';

/** Runs a command that answers with a value. */
export async function runForValue(
  session: SparkSession,
  command: MlCommand,
  options: ExecuteOptions = {},
): Promise<AttributeValue> {
  const result = await runMl(session, command, options);
  if (result.case !== 'param') throw unexpected(command, result.case);
  return fromLiteral(result.value);
}

function unexpected(command: MlCommand, answer: string | undefined): SparkConnectError {
  return new SparkConnectError(
    `The server answered the ML command "${command.case}" with ${answer ?? 'nothing'}, which does not fit.`,
    { errorClass: '', grpcCode: 'INTERNAL' },
  );
}

/** The rows of `input` with a transformer's or a model's columns added. */
export function transformed(input: DataFrame, transformer: Transformer, params: ParamsInit): DataFrame {
  return input.derive((request) => ({
    case: 'mlRelation',
    value: {
      mlType: {
        case: 'transform',
        value: { operator: transformer, input: request.relation(input.plan), params },
      },
    },
  }));
}

/** An attribute of an object of the server that is a DataFrame. `summaryData` lets the server restore a lost summary. */
export function fetchedFrame(
  session: SparkSession,
  fetch: FetchInit,
  summaryData: DataFrame | undefined,
): DataFrame {
  const node = new PlanNode((request) => ({
    case: 'mlRelation',
    value: {
      mlType: { case: 'fetch', value: fetch },
      ...(summaryData === undefined ? {} : { modelSummaryDataset: request.relation(summaryData.plan) }),
    },
  }));
  return new DataFrame(session, node);
}
