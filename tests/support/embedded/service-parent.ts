// A program that starts services and waits to be killed: `service-parent.ts <spec as JSON>…`. It prints their pids.
import { type ServiceSpec, startService } from '../../../embedded/service.js';

const specs = process.argv.slice(2).map((text): ServiceSpec => JSON.parse(text));
const services = await Promise.all(specs.map((spec) => startService(spec)));
process.stdout.write(`${JSON.stringify(services.map((service) => service.pid()))}\n`);
setInterval(() => {}, 1000);
