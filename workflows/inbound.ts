import { ApplicationFailure, log, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import { problemOf, read } from '../contract/read.js';

/** A refusal of what a workflow was started with: one line, and the workflow ends. */
export const refuseInput = (message: string, type = 'InvalidInput'): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);

/** Reads what a workflow was started with. @throws ApplicationFailure that says in a line what is wrong with it */
export function readInput<T>(what: string, schema: () => z.ZodType, value: unknown): T {
  const given = read<T>(schema, value);
  if (given.ok) return given.value;
  throw refuseInput(`the input of ${what} is not what Nightjar gives it: ${given.problem}`);
}

/**
 * Reads what an execution of a workflow hands to the next one; undefined for the first, to which a stranger alone gives any.
 * @throws ApplicationFailure of the given type
 */
export function readCarried<T>(
  what: string,
  schema: () => z.ZodType,
  value: unknown,
  type: string,
): T | undefined {
  if (value === undefined) return undefined;
  if (workflowInfo().continuedFromExecutionRunId === undefined)
    throw refuseInput(`${what} takes one input, this one was given more`, type);
  const carried = read<T>(schema, value);
  if (carried.ok) return carried.value;
  throw refuseInput(`${what} can't go on with what it was handed: ${carried.problem}`, type);
}

/** @throws ApplicationFailure of the given type when a value can't be looked at, whatever it should be */
export function checkReadable(what: string, value: unknown, type: string): void {
  const problem = problemOf(value);
  if (problem !== undefined) throw refuseInput(`${what} can't be taken as it is: ${problem}`, type);
}

/**
 * A handler of a signal that takes what has the right form. A signal can't be refused: anything else is ignored, with a
 * line in the worker's log.
 */
export const reading =
  <T>(signal: string, schema: () => z.ZodType, take: (message: T) => void) =>
  (message: unknown): void => {
    const given = read<T>(schema, message);
    if (given.ok) take(given.value);
    else log.warn(`signal ${signal} is ignored: ${given.problem}`);
  };

/** A validator of an Update without input. @throws Error in words */
export const withoutInput =
  (update: string, validate: () => void = () => undefined) =>
  (...input: unknown[]): void => {
    if (input.some((each) => each !== undefined && each !== null))
      throw new Error(`${update} takes no input`);
    validate();
  };
