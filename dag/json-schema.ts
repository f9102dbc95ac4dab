import { z } from 'zod';
import { isPlainObject, type Json, type JsonObject } from './json.js';
import { dagSchema } from './schema/dag.js';
import { scheduleForms } from './schema/schedule.js';

/** An operator as the schema of documents knows it. */
export interface DescribedOperator {
  readonly name: string;
  readonly description: string;
  readonly params: z.ZodType;
}

/**
 * The JSON Schema (draft 7, which editors know best) of DAG documents in YAML: what a user may write, with the params of
 * each operator. It is a help for writing; some of what `parseDag` finds can't be said in it.
 */
export function dagJsonSchema(operators: readonly DescribedOperator[]): JsonObject {
  const all = [...operators].sort((a, b) => (a.name < b.name ? -1 : 1));
  // One conversion for all, so that what they refer to has one list of definitions.
  const parts = z.toJSONSchema(
    z.object({
      document: dagSchema,
      schedule: scheduleForms,
      ...Object.fromEntries(all.map(({ name, params }) => [`with ${name}`, params])),
    }),
    {
      io: 'input',
      target: 'draft-7',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => adjustForEditors(zodSchema, jsonSchema),
    },
  ) as unknown as Parts;
  const { document, schedule } = parts.properties;
  const { tasks, ...others } = document.properties;
  const task = tasks.items;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A Nightjar DAG',
    ...document,
    properties: {
      ...others,
      schedule: { ...others.schedule, ...schedule },
      tasks: {
        ...tasks,
        items: {
          ...task,
          properties: {
            ...task.properties,
            operator: {
              description: 'What it runs',
              anyOf: all.map(({ name, description }) => ({ const: name, description })),
            },
          },
          allOf: all.map((operator) => paramsRule(operator, parts.properties[`with ${operator.name}`])),
        },
      },
    },
    definitions: { ...parts.definitions, template: withTemplate },
  } as JsonObject;
}

/** What zod's conversion gives, as far as it is taken apart. */
interface Parts {
  properties: Record<string, JsonObject> & {
    document: JsonObject & {
      properties: Record<string, JsonObject> & {
        tasks: JsonObject & { items: JsonObject & { properties: JsonObject } };
      };
    };
  };
  definitions?: JsonObject;
}

/** If a task runs the operator, then its `with` is this. */
function paramsRule({ name, description }: DescribedOperator, params: JsonObject | undefined): JsonObject {
  const needsParams = Array.isArray(params?.required) && params.required.length > 0;
  return {
    if: { properties: { operator: { const: name } }, required: ['operator'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      properties: { with: { description, ...(withTemplates(params ?? {}, true) as JsonObject) } },
      ...(needsParams && { required: ['with'] }),
    },
  };
}

/** Keywords whose values are schemas, lists of schemas, or maps of schemas. */
const nesting = {
  one: ['items', 'additionalProperties', 'not'],
  list: ['anyOf', 'oneOf', 'allOf'],
  map: ['properties', 'patternProperties'],
};

/** Text with a template in it, such as `${{ params.n }}s`: what it will be is known when the task starts. */
const withTemplate = { type: 'string', pattern: '\\$\\{\\{[\\s\\S]*\\}\\}' };

/** The same schema, where any value that isn't text anyway may be a template as well. */
function withTemplates(schema: Json, isRoot = false): Json {
  if (!isPlainObject(schema)) return schema;
  const inner: JsonObject = { ...schema };
  for (const key of nesting.one)
    if (isPlainObject(inner[key])) inner[key] = withTemplates(inner[key] as Json);
  for (const key of nesting.list) {
    // The alternatives are alternatives to the template too: it is added once, outside.
    const schemas = inner[key];
    if (Array.isArray(schemas)) inner[key] = schemas.map((each) => withTemplates(each, true));
  }
  for (const key of nesting.map) {
    const schemas = inner[key];
    if (isPlainObject(schemas)) {
      inner[key] = Object.fromEntries(
        Object.entries(schemas).map(([name, each]) => [name, withTemplates(each as Json)]),
      );
    }
  }
  if (isRoot || takesAnyText(inner)) return inner;
  const { description, ...value } = inner;
  return {
    ...(description !== undefined && { description }),
    anyOf: [...(isAlternatives(value) ? value.anyOf : [value]), { $ref: '#/definitions/template' }],
  };
}

const isAlternatives = (schema: JsonObject): schema is { anyOf: Json[] } =>
  Array.isArray(schema.anyOf) && Object.keys(schema).length === 1;

/** Whether a schema lets any text pass, templates included. */
function takesAnyText(schema: JsonObject): boolean {
  const limits = ['pattern', 'enum', 'const', 'format', 'maxLength', 'anyOf', 'allOf', 'oneOf', '$ref'];
  if (schema.type === undefined) {
    return (
      limits.every((key) => schema[key] === undefined) ||
      (Array.isArray(schema.anyOf) &&
        schema.anyOf.some((each) => isPlainObject(each) && takesAnyText(each as JsonObject)))
    );
  }
  return schema.type === 'string' && limits.every((key) => schema[key] === undefined);
}

/** Leaves out limits that say nothing, and lets other forms pass where a schema first makes one form of several. */
export function adjustForEditors(zod: z.core.$ZodTypes, schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  const { def } = zod._zod;
  const { type } = schema;
  if (def.type === 'pipe' && def.in._zod.def.type === 'transform' && type !== undefined) {
    const main = { ...schema };
    for (const key of Object.keys(schema)) delete schema[key];
    schema.anyOf = [main, { not: { type } }];
  }
}
