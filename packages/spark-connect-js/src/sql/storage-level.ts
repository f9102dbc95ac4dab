import type { StorageLevel as ProtoStorageLevel } from '../gen/spark/connect/common_pb.js';

/** Where persisted rows are kept, and in how many copies. */
export interface StorageLevel {
  readonly useDisk: boolean;
  readonly useMemory: boolean;
  readonly useOffHeap: boolean;
  /** As objects in memory, which is faster and larger than bytes. */
  readonly deserialized: boolean;
  readonly replication: number;
}

const level = (
  useDisk: boolean,
  useMemory: boolean,
  deserialized: boolean,
  replication = 1,
): StorageLevel => ({
  useDisk,
  useMemory,
  useOffHeap: false,
  deserialized,
  replication,
});

/** Spark's usual storage levels. */
export const StorageLevel = {
  none: level(false, false, false),
  diskOnly: level(true, false, false),
  memoryOnly: level(false, true, true),
  memoryAndDisk: level(true, true, true),
  memoryAndDiskSerialized: level(true, true, false),
} as const;

export function storageLevelFromProto(message: ProtoStorageLevel | undefined): StorageLevel {
  if (message === undefined) return StorageLevel.none;
  const { useDisk, useMemory, useOffHeap, deserialized, replication } = message;
  return { useDisk, useMemory, useOffHeap, deserialized, replication };
}
