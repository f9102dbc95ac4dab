import type { ExecutePlanResponse_ExecutionProgress } from '../gen/spark/connect/base_pb.js';

/** One stage of a running Spark operation. */
export interface StageProgress {
  readonly stageId: number;
  readonly tasks: number;
  readonly completedTasks: number;
  /** Bytes read from storage so far. */
  readonly inputBytes: number;
  readonly done: boolean;
}

/** How far a running operation has come. Stages appear as Spark plans them, so totals can grow. */
export interface ExecutionProgress {
  readonly operationId: string;
  readonly stages: readonly StageProgress[];
  /** Sums over all stages known so far. */
  readonly tasks: number;
  readonly completedTasks: number;
  readonly inputBytes: number;
  /** Tasks that run at this moment. */
  readonly runningTasks: number;
}

/** Called for every progress report of the server, about every two seconds. Errors it throws fail the operation. */
export type ProgressListener = (progress: ExecutionProgress) => void;

export function toExecutionProgress(
  operationId: string,
  message: ExecutePlanResponse_ExecutionProgress,
): ExecutionProgress {
  const stages = message.stages.map((stage) => ({
    stageId: Number(stage.stageId),
    tasks: Number(stage.numTasks),
    completedTasks: Number(stage.numCompletedTasks),
    inputBytes: Number(stage.inputBytesRead),
    done: stage.done,
  }));
  const sum = (of: (stage: StageProgress) => number) => stages.reduce((total, stage) => total + of(stage), 0);
  return {
    operationId,
    stages,
    tasks: sum((stage) => stage.tasks),
    completedTasks: sum((stage) => stage.completedTasks),
    inputBytes: sum((stage) => stage.inputBytes),
    runningTasks: Number(message.numInflightTasks),
  };
}
