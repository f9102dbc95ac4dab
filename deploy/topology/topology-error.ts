/** What the user or the machine must mend before the topology can run: its message is all that is printed. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
}
