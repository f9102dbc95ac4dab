import { dag, expr } from 'nightjar';
import { branch, noop, shell } from 'nightjar/operators';
import { defaults } from './shared/defaults.js';

export default dag(
  {
    dagId: 'orders-in-typescript',
    description: 'Counts the orders of each shop, and says whether there are many',
    schedule: '@daily',
    params: { many: { type: 'integer', minimum: 1, default: 50 } },
    defaults,
  },
  ({ task, group, params, run }) => {
    const shops = task('shops', shell, {
      with: { command: `echo '["north", "south", "harbour"]'`, output: 'json' },
    }).returns<string[]>();

    const counts = task('count', shell, {
      expand: { shop: shops.output },
      with: ({ item, index }) => ({
        command: 'echo $((NUMBER * 30))',
        env: { SHOP: item.shop, NUMBER: expr<string>`string(${index})`, DAY: run.logicalDate },
        output: 'json',
      }),
    }).returns<number[]>();

    const tell = group('tell', () => ({
      many: task('many', shell, {
        with: { command: 'echo "$ORDERS orders!"', env: { ORDERS: expr<number>`sum(${counts.output})` } },
      }),
      few: task('few', noop),
    }));

    const choose = task('choose', branch, {
      with: {
        choose: expr<string>`sum(${counts.output}) >= ${params.many} ? ${tell.members.many} : ${tell.members.few}`,
      },
    });
    choose.before(tell).before(task('end', noop, { triggerRule: 'none_failed_min_one_success' }));
  },
);
