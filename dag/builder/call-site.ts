/** A place in code, as the JavaScript engine names it; whoever loaded the code knows which line of the source it is. */
export interface CallSite {
  /** Path or URL of the file that runs. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
}

/** A mistake in the use of the builder, at the call that made it. */
export class DagBuildError extends Error {
  override readonly name = 'DagBuildError';
  constructor(
    message: string,
    readonly site: CallSite | undefined,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** Where `callee` was called, which is on the stack. */
export function callSite(callee: (...args: never[]) => unknown): CallSite | undefined {
  const trace = { stack: '' };
  Error.captureStackTrace(trace, callee);
  return framesOf(trace.stack)[0];
}

/** The places on a stack, innermost first. */
export function framesOf(stack: string | undefined): CallSite[] {
  return [...(stack ?? '').matchAll(/^\s+at (?:.*? \()?(\S.*?):(\d+):(\d+)\)?$/gm)].map(
    ([, file = '', line, column]) => ({ file, line: Number(line), column: Number(column) }),
  );
}
