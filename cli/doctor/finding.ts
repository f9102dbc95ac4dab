/** What a check has found. */
export type Finding = {
  /** What was looked at, such as `Java`. */
  check: string;
  /** `warning`: work goes on, if not quite as one would expect; `error`: something won't work. */
  status: 'ok' | 'warning' | 'error';
  found: string;
  /** How to mend it. */
  mend?: string;
};

export const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found });

export const warning = (check: string, found: string, mend: string): Finding => ({
  check,
  status: 'warning',
  found,
  mend,
});

export const error = (check: string, found: string, mend: string): Finding => ({
  check,
  status: 'error',
  found,
  mend,
});
