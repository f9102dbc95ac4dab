// A graph of many tasks, made by loops: shelves are built, filled, searched, changed and cleared, some of it side by side.
// Lists depend on lists, a task on a whole group, and `before` chains what belongs in a row.
import { dag } from 'nightjar';
import { noop, shell } from 'nightjar/operators';

const shelves = {
  animals: ['heron', 'swift', 'nightjar'],
  plants: ['fern', 'moss'],
  stones: ['flint', 'slate'],
};

export default dag(
  {
    dagId: 'example-complex',
    description: 'The life of a small museum',
    tags: ['example'],
    params: { folder: { type: 'string', default: '/tmp/nightjar-examples/complex' } },
    maxActiveTasks: 8,
  },
  ({ task, group, params }) => {
    const museum = `${params.folder}/museum`;
    /** A command in the museum's folder. */
    const step = (id: string, command: string, ...args: string[]) =>
      task(id, shell, {
        with: { cwd: museum, command: ['bash', '-euc', command, id, ...args], output: 'lines' },
      });

    const found = task('found', shell, {
      with: { command: ['bash', '-euc', 'rm -rf "$0" && mkdir -p "$0"', museum] },
    });
    const opened = task('opened', noop);
    const inventory = task('inventory', noop);

    for (const [shelf, items] of Object.entries(shelves)) {
      const build = step(`build-${shelf}`, 'mkdir "$1"', shelf);
      const fill = group(`fill-${shelf}`, () =>
        items.map((item) => step(`put-${item}`, 'echo "$2" > "$1/$2"', shelf, item)),
      );
      const list = step(`list-${shelf}`, 'ls "$1"', shelf);
      const count = step(`count-${shelf}`, 'ls "$1" | wc -l | tr -d " "', shelf);
      found.before(build).before(fill).before([list, count]);
      opened.after([list, count]);
    }

    // All of the second list after all of the first.
    const searches = ['heron', 'slate'].map((item) => step(`search-${item}`, 'find */ -name "$1"', item));
    const loans = ['fern', 'flint'].map((item) => step(`lend-${item}`, 'rm */"$1"', item));
    opened.before(searches);
    for (const loan of loans) loan.after(searches);
    inventory.after(loans);

    const catalogue = step('write-catalogue', 'find */ -type f | sort > catalogue.txt; cat catalogue.txt');
    inventory.before(catalogue);
    for (const shelf of Object.keys(shelves)) {
      inventory.before(step(`dust-${shelf}`, 'touch "$1"/*', shelf)).before(task(`dusted-${shelf}`, noop));
    }
    const closed = task('closed', noop, {
      dependsOn: Object.keys(shelves).map((shelf) => `dusted-${shelf}`),
    });
    closed.after(catalogue);
  },
);
