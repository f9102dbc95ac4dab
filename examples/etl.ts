// Extract, transform, load in TypeScript: tasks are functions' worth of typed outputs, and edges come from using them.
// The same document could be written in YAML; `nightjar dags show example-etl` prints it.
import { dag } from 'nightjar';
import { python, shell } from 'nightjar/operators';

/** What the shop's register prints. */
const orders = [
  { id: 'A-1', product: 'tea', francs: 12.5 },
  { id: 'A-2', product: 'cups', francs: 48 },
  { id: 'A-3', product: 'tea', francs: 25 },
];

type Order = (typeof orders)[number];
type Summary = { francs: number; byProduct: Record<string, number> };

export default dag(
  {
    dagId: 'example-etl',
    description: 'Adds up orders',
    tags: ['example'],
    params: {
      folder: { type: 'string', default: '/tmp/nightjar-examples/etl' },
      product: { type: 'string', default: '', description: 'Only this one; all when empty' },
    },
    defaults: { retries: 2, retryDelay: '10s' },
  },
  ({ task, params }) => {
    const extract = task('extract', shell, {
      with: { command: ['cat'], stdin: orders, output: 'json' },
    }).returns<Order[]>();

    const transform = task('transform', python, {
      with: {
        input: { orders: extract.output, product: params.product },
        code: `
import json, os, sys
given = json.load(sys.stdin)
by_product = {}
for order in given["orders"]:
    if given["product"] in ("", order["product"]):
        by_product[order["product"]] = by_product.get(order["product"], 0) + order["francs"]
with open(os.environ["NIGHTJAR_OUTPUT"], "w") as output:
    json.dump({"francs": sum(by_product.values()), "byProduct": by_product}, output)
`,
      },
    }).returns<Summary>();

    task('load', shell, {
      with: {
        env: { FOLDER: params.folder },
        stdin: { total: transform.output.francs, products: transform.output.byProduct },
        command: 'mkdir -p "$FOLDER" && cat > "$FOLDER/orders.json" && echo "$FOLDER/orders.json"',
      },
    });
    // Reads two tasks: it comes after both without being told.
    task('say', shell, {
      with: {
        command: ['echo', `${transform.output.francs} francs; the first order was ${extract.output[0]?.id}`],
      },
    });
  },
);
