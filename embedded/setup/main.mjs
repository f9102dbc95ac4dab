// What every `npm` script runs first, on a fresh clone with whatever Node.js there is. So it imports nothing before it
// has looked at the version, and is written such that an old Node.js can read it.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Nightjar needs Node.js 20.19 or newer, and this is ${process.versions.node}: install a current one (https://nodejs.org), then run the same command again.`,
  );
  process.exit(1);
}
import('./setup.mjs').then(({ setUp }) => setUp(process.argv.includes('--quiet')));
