/** Text of a width and with colours, for terminals. Every character counts as one column. */

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof COLOURS;
export type Piece = [text: string, colour: Colour | undefined];

/** Pieces side by side; what does not fit is cut off, with an ellipsis as the last column. */
export function line(
  pieces: readonly Piece[],
  { width, colour }: { width: number; colour: boolean },
): string {
  const length = pieces.reduce((sum, [text]) => sum + text.length, 0);
  let left = length > width ? width - 1 : width;
  let result = "";
  for (const [text, code] of pieces) {
    const shown = text.slice(0, left);
    left -= shown.length;
    if (shown === "") continue;
    result += colour && code !== undefined ? `\x1b[${COLOURS[code]}m${shown}\x1b[0m` : shown;
  }
  return length > width ? `${result}…` : result;
}

/** A text broken at spaces into lines that begin with `indent`; a word too long for a line is left whole. */
export function wrapped(text: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(/\s+/).filter(part => part !== "")) {
    const longer = current === "" ? indent + word : `${current} ${word}`;
    if (current !== "" && longer.length > width) {
      lines.push(current);
      current = indent + word;
    } else {
      current = longer;
    }
  }
  return current === "" ? lines : [...lines, current];
}
