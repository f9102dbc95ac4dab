import { z } from 'zod';
import { adjustForEditors } from '../dag/json-schema.js';
import { configSchema } from './schema.js';

/** The JSON Schema (draft 7, which editors know best) of settings files. */
export const configJsonSchema = () => ({
  title: "Nightjar's settings",
  ...z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      adjustForEditors(zodSchema, jsonSchema);
      // A section whose settings are all commented out counts as left out.
      if (zodSchema._zod.def.type === 'object' && jsonSchema.type === 'object')
        Object.assign(jsonSchema, { type: ['object', 'null'] });
    },
  }),
});
