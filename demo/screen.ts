/** Shows the board on standard output: redrawn in place on a terminal, otherwise line by line as it changes. */
import * as terminal from "../cli/terminal";
import { boardLines, facts, type Format, type State } from "./board";

const REDRAW_MILLISECONDS = 200;
const DEFAULT_COLUMNS = 100;

/** That of a terminal; a pipe has a width as well, for the summary. */
export function outputFormat(): Format {
  const { width, colour } = terminal.outputFormat();
  return { width: width === Infinity ? DEFAULT_COLUMNS : width, colour };
}

export class Screen {
  readonly #timer: NodeJS.Timeout;
  readonly #board = new terminal.Redrawn();
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
    if (terminal.isTerminal()) this.#board.show(boardLines(this.state(), outputFormat()));
    else this.#tellChanges();
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
