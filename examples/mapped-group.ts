// A group that is mapped: all its tasks run once for every item, and within one item they depend on each other alone.
// A shop that is closed skips its own order and nobody else's; what comes after the group sees all shops together.
import { dag, expr } from 'nightjar';
import { python, shell } from 'nightjar/operators';

export default dag(
  {
    dagId: 'example-mapped-group',
    description: 'Stocks up several shops',
    tags: ['example'],
    params: {
      folder: { type: 'string', default: '/tmp/nightjar-examples/mapped-group' },
      shops: { type: 'array', items: { type: 'string' }, default: ['Bern', 'Basel', 'Chur'] },
      closed: { type: 'array', items: { type: 'string' }, default: [] },
      wanted: {
        type: 'integer',
        minimum: 1,
        default: 10,
        description: 'Pieces that each shop wants to have',
      },
    },
  },
  ({ task, group, params }) => {
    const ready = task('ready', shell, {
      with: { command: ['mkdir', '-p', params.folder] },
    });

    const shops = group(
      'shops',
      { expand: { name: params.shops }, maxActiveMapped: 2, dependsOn: ready },
      ({ item }) => {
        const count = task('count', python, {
          when: expr<boolean>`!(${item.name} in ${params.closed})`,
          with: {
            input: item.name,
            code: 'import json, sys\nprint(json.dumps(len(json.load(sys.stdin))))',
            output: 'json',
          },
        }).returns<number>();
        const order = task('order', shell, {
          with: { command: ['expr', params.wanted, '-', count.output], output: 'json' },
        }).returns<number>();
        task('send', shell, {
          with: {
            cwd: params.folder,
            env: { SHOP: item.name, PIECES: order.output },
            command: 'echo "$PIECES" > "$SHOP.txt" && echo "$PIECES to $SHOP"',
          },
        });
        return { order };
      },
    );

    task('invoice', shell, {
      dependsOn: shops,
      triggerRule: 'all_done',
      with: { command: ['echo', `${expr`sum(${shops.members.order.output})`} pieces`] },
    });
  },
);
