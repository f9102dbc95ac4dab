import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import proto, { type temporal } from '@temporalio/proto';
import { globSync } from 'tinyglobby';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';

const { History } = proto.temporal.api.history.v1;
export type History = temporal.api.history.v1.IHistory;

/** `<release>/<name>.binpb.gz`: Temporal's `History` message, encoded and compressed. */
const folder = join(repositoryRoot, 'tests/fixtures/histories');
const suffix = '.binpb.gz';

/** A workflow's history as a release wrote it. */
export type RecordedHistory = {
  /** `<release>/<name>`. */
  name: string;
  workflowId: string;
  history: History;
};

/** A history as it is kept, uncompressed. Texts and payloads stand in it as they are. */
export const encoded = (history: History): Buffer => Buffer.from(History.encode(history).finish());

/** All histories that are kept, of all releases. */
export function readHistories(): RecordedHistory[] {
  return globSync(`*/*${suffix}`, { cwd: folder })
    .sort()
    .map((file) => {
      const history = History.decode(gunzipSync(readFileSync(join(folder, file))));
      const workflowId = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
      if (!workflowId) throw new Error(`${file} does not say of which workflow it is`);
      return { name: file.slice(0, -suffix.length), workflowId, history };
    });
}

/** Drops what is kept of a release. */
export const clearHistories = (release: string): void =>
  rmSync(join(folder, release), { recursive: true, force: true });

/** Keeps histories of a release. Gives the number of bytes. @param histories By name */
export function writeHistories(release: string, histories: ReadonlyMap<string, History>): number {
  mkdirSync(join(folder, release), { recursive: true });
  let bytes = 0;
  for (const [name, history] of histories) {
    const file = gzipSync(encoded(history), { level: 9 });
    writeFileSync(join(folder, release, name + suffix), file);
    bytes += file.length;
  }
  return bytes;
}
