/** How output has to look: colours and a width for a terminal, neither in a pipe. */

export interface Format {
  /** Columns that a line may have; Infinity in a pipe. */
  width: number;
  colour: boolean;
}

export const isTerminal = (): boolean => process.stdout.isTTY === true && process.env["TERM"] !== "dumb";

/** Colours are for terminals, and for those who have not set NO_COLOR (https://no-color.org). */
export function outputFormat(): Format {
  const { isTTY, columns } = process.stdout;
  return {
    // The last column stays free: some terminals break the line there.
    width: isTTY && columns > 1 ? columns - 1 : Infinity,
    colour: isTerminal() && !process.env["NO_COLOR"],
  };
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof CODES;

export const painted = (text: string, colour: Colour | undefined, { colour: may }: Format): string =>
  may && colour !== undefined && text !== "" ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;

/** Redraws lines in place on a terminal; elsewhere prints them again when they are others. */
export class Redrawn {
  #drawn: string[] = [];

  show(lines: readonly string[]): void {
    if (lines.join("\n") === this.#drawn.join("\n")) return;
    if (isTerminal()) this.#redraw(lines);
    else console.log(lines.join("\n"));
    this.#drawn = [...lines];
  }

  /** What has scrolled away cannot be redrawn, so no more is shown than the terminal is high. */
  #redraw(all: readonly string[]): void {
    const rows = (process.stdout.rows || Infinity) - 1;
    const lines = all.slice(0, rows);
    const height = Math.min(this.#drawn.length, rows);
    const up = height === 0 ? "" : `\x1b[${height}F`;
    process.stdout.write(`${up}${lines.map(text => `${text}\x1b[K\n`).join("")}\x1b[J`);
  }
}
