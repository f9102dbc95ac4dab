// Installs the pinned Temporal server into a folder, as set-up does: `install-temporal.mjs <folder>`.
import { pins } from '../../../embedded/setup/layout.mjs';
import { Progress } from '../../../embedded/setup/progress.mjs';
import { carryOut, exitOnSignals, pinStep } from '../../../embedded/setup/setup.mjs';

const [home = ''] = process.argv.slice(2);
const progress = new Progress();
exitOnSignals(progress);
await carryOut([pinStep(home, pins.temporal, 'Temporal')], home, progress, false);
