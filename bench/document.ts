import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../embedded/setup/layout.mjs';
import { asMarkdown, type Findings } from './figures.js';

/** Replaces what stands between the markers of a benchmark in a file of docs/. @throws Error when it has no such markers */
export async function writeFindings(
  name: string,
  findings: Findings,
  document = 'benchmarks.md',
): Promise<void> {
  const documentPath = join(repositoryRoot, 'docs', document);
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const text = await readFile(documentPath, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`${documentPath}: expected the lines ${begin} and ${end}, between which the figures go`);
  }
  await writeFile(documentPath, `${before}${begin}\n\n${asMarkdown(findings)}\n\n${end}${after}`);
}
