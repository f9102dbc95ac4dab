import type { JsonObject } from '../../dag/json.js';
import { type ResolvedParams, resolveParams } from '../../dag/params.js';
import type { ParamSchema } from '../../dag/schema/param.js';

/** New values for some params of a run, by their schemas. An activity, as what checks them writes code. */
export type ParamsRevision = {
  schemas: Record<string, ParamSchema>;
  values: JsonObject;
  given: JsonObject;
  config: JsonObject;
};

export type RevisedParams = ResolvedParams;

export const reviseParams = ({ schemas, values, given, config }: ParamsRevision): RevisedParams =>
  resolveParams({ params: schemas }, { ...values, ...given }, { config });
