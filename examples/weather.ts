// Mapping over outputs, twice: one task for every station that a server lists, and one for every reading and unit.
// A list of names gives the cross product; a mapped task's output is a list again, over which others can be mapped.
import { dag, expr } from 'nightjar';
import { http, python, shell } from 'nightjar/operators';

type Reading = { station: string; celsius: number };

const scales = [
  { unit: 'F', factor: 1.8, offset: 32 },
  { unit: 'K', factor: 1, offset: 273.15 },
];

export default dag(
  {
    dagId: 'example-weather',
    description: 'Asks weather stations and converts what they say',
    tags: ['example'],
    params: {
      api: { type: 'string', pattern: '^https?://', description: 'Serves /stations and /stations/<name>' },
    },
  },
  ({ task, params }) => {
    const stations = task('stations', http, { with: { url: `${params.api}/stations` } }).returns<string[]>();

    const read = task('read', http, {
      expand: { station: stations.output },
      maxActiveMapped: 4,
      retries: 2,
      retryDelay: '1s',
      with: ({ item }) => ({ url: `${params.api}/stations/${item.station}` }),
    }).returns<Reading[]>();

    // Every reading with every scale, the last name varying fastest.
    const convert = task('convert', python, {
      expand: { reading: read.output, scale: scales },
      with: ({ item }) => ({
        input: { celsius: item.reading.celsius, factor: item.scale.factor, offset: item.scale.offset },
        code: `
import json, sys
given = json.load(sys.stdin)
print(json.dumps(round(given["celsius"] * given["factor"] + given["offset"], 2)))
`,
        output: 'json',
      }),
    }).returns<number[]>();

    // Mapped over a mapped task; `index` is the place in the list.
    const label = task('label', shell, {
      expand: { value: convert.output },
      with: ({ item, index }) => ({ command: ['echo', `number ${index}:`, item.value] }),
    }).returns<string[]>();

    task('table', shell, {
      with: {
        command: [
          'echo',
          `warmest ${expr`max(${read.output}.map(r, r.celsius))`} °C; ${expr`${label.output}.join(", ")`}`,
        ],
      },
    });
  },
);
