import process from 'node:process';
import { testServers } from './test-servers.js';

// Programs under test find the servers of the test that starts them by the environment.
Object.assign(process.env, {
  TEMPORAL_ADDRESS: testServers.temporalAddress,
  TEMPORAL_UI: testServers.temporalUi,
  SPARK_REMOTE: testServers.sparkRemote,
  SPARK_UI: testServers.sparkUi,
});
