import { documentTarget } from './documents.js';
import { expressionTarget, templateTarget } from './expressions.js';
import { messageTarget, payloadTarget } from './messages.js';
import { paramTarget } from './params.js';
import { parquetTarget } from './parquet-footers.js';
import { settingTarget } from './settings.js';
import type { Target } from './target.js';

/** What needs no server. */
export const pureTargets: readonly Target[] = [
  documentTarget,
  expressionTarget,
  templateTarget,
  paramTarget,
  settingTarget,
  messageTarget,
  payloadTarget,
  parquetTarget,
];
