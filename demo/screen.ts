/** Shows the board on standard output: redrawn in place on a terminal, otherwise line by line as it changes. */
import { boardLines, facts, type Format, type State } from "./board";

const REDRAW_MILLISECONDS = 200;
const DEFAULT_COLUMNS = 100;

/** Colours are for terminals, and for those who have not set NO_COLOR (https://no-color.org). */
export function outputFormat(): Format {
  const { isTTY, columns } = process.stdout;
  return {
    // The last column stays free: some terminals break the line there.
    width: isTTY && columns > 1 ? columns - 1 : DEFAULT_COLUMNS,
    colour: isTerminal() && !process.env.NO_COLOR,
  };
}

function isTerminal(): boolean {
  return process.stdout.isTTY === true && process.env.TERM !== "dumb";
}

export class Screen {
  readonly #timer: NodeJS.Timeout;
  #drawn: string[] = [];
  #headline = "";
  #told = new Map<string, string>();

  constructor(private readonly state: () => State) {
    this.#timer = setInterval(() => this.show(), REDRAW_MILLISECONDS);
  }

  /** Shows the last state, and leaves it there. */
  stop(): void {
    clearInterval(this.#timer);
    this.show();
  }

  show(): void {
    if (isTerminal()) this.#redraw();
    else this.#tellChanges();
  }

  #redraw(): void {
    // What has scrolled away cannot be redrawn, so the board is never higher than the terminal.
    const rows = (process.stdout.rows || Infinity) - 1;
    const lines = boardLines(this.state(), outputFormat()).slice(0, rows);
    if (lines.join("\n") === this.#drawn.join("\n")) return;
    const up = this.#drawn.length === 0 ? "" : `\x1b[${this.#drawn.length}F`;
    process.stdout.write(`${up}${lines.map(text => `${text}\x1b[K\n`).join("")}\x1b[J`);
    this.#drawn = lines;
  }

  #tellChanges(): void {
    const state = this.state();
    const stamp = `${state.seconds.toFixed(1).padStart(6)} s  `;
    if (state.headline !== this.#headline) console.log(`${stamp}${state.headline}`);
    const now = facts(state);
    for (const [key, fact] of now) if (this.#told.get(key) !== fact) console.log(`${stamp}  ${fact}`);
    this.#headline = state.headline;
    this.#told = now;
  }
}
