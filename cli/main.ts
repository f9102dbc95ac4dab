#!/usr/bin/env node
import { nightjarProgram } from './program.js';
import { reportError } from './report-error.js';

// Whoever reads the output may stop early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await nightjarProgram().parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
