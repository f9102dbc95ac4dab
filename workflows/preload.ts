import { z } from 'zod';

/**
 * Loaded once by every thread that runs workflows, before the sandbox is sealed.
 *
 * The SDK notes a stack trace for each promise of a workflow, so that the UI can show a call stack. That of an interpreter
 * says nothing about the DAG, and noting it costs half a millisecond a task, half of all that a task costs in
 * its workflow. A replay with `workflowsPath` instead of the bundle does without this and has all stacks.
 */
Error.stackTraceLimit = 0;

/** zod sets up its globals when it makes its first schemas; once the sandbox is sealed it could not. */
z.object({});
