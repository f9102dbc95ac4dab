/**
 * A process that runs one slow query under given ids and prints a line when the server reports that tasks run:
 * `node --import tsx query-process.ts <session id> <operation id>`. Made to be killed.
 */
import { SparkSession } from '../../src/index.js';
import { remote, slowQuery } from './spark.js';

const [sessionId = '', operationId = ''] = process.argv.slice(2);
const session = await SparkSession.builder()
  .remote(remote())
  .userId('takeover')
  .sessionId(sessionId)
  .operationIds(() => () => operationId)
  .onProgress((progress) => {
    if (progress.completedTasks > 0 || progress.runningTasks > 0) console.log('running');
  })
  .getOrCreate();
await slowQuery(session, 40, 400).collect();
console.log('finished');
