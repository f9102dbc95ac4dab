const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
/** How often a long step gives a sign of life where lines cannot be rewritten. */
const PLAIN_MS = 30_000;

/**
 * Says on stderr what goes on: on a terminal one live line per step, elsewhere a line when a step starts and ends.
 */
export class Progress {
  #stream;
  #clear = () => {};

  /** @param {NodeJS.WriteStream} [stream] */
  constructor(stream = process.stderr) {
    this.#stream = stream;
    // Nobody reads any more (`npm start | head`): no reason to stop half-way.
    stream.on('error', () => {});
  }

  /** @param {string} text */
  line(text) {
    this.#clear();
    this.#stream.write(`${text}\n`);
  }

  /**
   * Runs one step.
   * @param {string} title
   * @param {(note: (text: string) => void) => Promise<void>} work `note` sets what is shown beside the title
   */
  async step(title, work) {
    const began = performance.now();
    const elapsed = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
    let note = '';
    let frame = 0;
    const draw = this.#stream.isTTY
      ? () => {
          const text = `${FRAMES[frame++ % FRAMES.length]} ${title}  ${note && `${note}  `}${elapsed()}`;
          this.#stream.write(`\r\x1b[2K${text.slice(0, (this.#stream.columns || 80) - 1)}`);
        }
      : () => this.#stream.write(`  … ${title} ${note && `${note}, `}${elapsed()}\n`);
    if (this.#stream.isTTY) this.#clear = () => this.#stream.write('\r\x1b[2K');
    else this.#stream.write(`• ${title}\n`);
    const timer = setInterval(draw, this.#stream.isTTY ? FRAME_MS : PLAIN_MS);
    try {
      await work((text) => {
        note = text;
      });
      this.line(`✓ ${title}  ${elapsed()}`);
    } finally {
      clearInterval(timer);
      this.#clear();
      this.#clear = () => {};
    }
  }
}
