/** What pools and those who take their slots say to each other: names and shapes of a pool workflow's messages. */

/** The type of a pool's workflow, and the start of its id: `nightjar/pool/<name>`. */
export const poolWorkflow = 'nightjar/pool';

export const poolWorkflowId = (name: string): string => `${poolWorkflow}/${name}`;

/** The pool behind a DAG's `maxActiveRuns`: its slots are runs. No pool that users name holds a colon. */
export const runsPool = (dagId: string): string => `dag:${dagId}`;

export const poolMessages = {
  /** Signal to the pool, {@link SlotRequest}: wants slots, or still wants them. Safe to repeat. */
  acquire: 'acquire',
  /** Signal to the pool, {@link SlotRelease}: gives slots back, or no longer waits for them. Safe to repeat. */
  release: 'release',
  /** Signal to the pool, {@link PoolSize}. */
  setSlots: 'setSlots',
  /** Update of the pool, without argument: ends it. Refused while someone holds or awaits slots. */
  delete: 'delete',
  /** Query of the pool: {@link PoolView}. */
  state: 'state',
  /** Signal from the pool to whoever asked, {@link PoolAnswer}. */
  answer: 'poolAnswer',
} as const;

/** Who holds slots: one workflow with its retries, resets and continuations. */
export type Holder = {
  workflowId: string;
  /** Temporal's id of the first run in its chain: tells it from a later workflow of the same id. */
  firstRunId: string;
};

export type SlotRequest = Holder & {
  /** What the slots are for, unique within the workflow: the key of a task instance. */
  key: string;
  /** Names this asking alone: its answer carries it, so that an answer to an earlier asking is told apart. */
  request: string;
  slots: number;
  /** The larger goes first. */
  priority: number;
  /** The pool's size as the settings say it now; absent for pools whose size is set by command. */
  size?: number;
};

export type SlotRelease = { workflowId: string; key: string };

export type PoolSize = { slots: number; description?: string };

/** Granted, unless it says why not. */
export type PoolAnswer = { request: string; refused?: string };

/** What a pool's workflow is started with. */
export type PoolStart = PoolSize & {
  /** Whether it was made by command and stays until it is deleted; others end when nobody needs them. */
  keep: boolean;
  /** How often it looks whether holders are still there, in milliseconds. */
  checkInterval: number;
  /** Taken over from the execution that continued as this one. */
  carried?: CarriedSlots;
};

/** Holders by index, so that thousands of requests of one run fit in a payload. */
export type CarriedSlots = {
  holders: Holder[];
  leases: CarriedEntry[];
  queue: CarriedEntry[];
  /** Answers that weren't sent yet. */
  answers: AddressedAnswer[];
};

/** An answer, and to which workflow it goes. */
export type AddressedAnswer = { to: Holder; answer: PoolAnswer };

export type CarriedEntry = [
  holder: number,
  key: string,
  request: string,
  slots: number,
  priority: number,
  since: number,
];

/** What the query `state` answers. */
export type PoolView = {
  name: string;
  slots: number;
  used: number;
  /** Slots that are waited for. */
  queued: number;
  description?: string;
  holders: SlotView[];
  /** In the order in which they will be served. */
  queue: SlotView[];
};

export type SlotView = {
  workflowId: string;
  key: string;
  slots: number;
  priority: number;
  /** ISO 8601, UTC: held or waiting since. */
  since: string;
};
