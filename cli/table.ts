/** Tables as kubectl prints them: columns two spaces apart, no lines. On a terminal the last column is wrapped. */
import Table from "cli-table3";
import { painted, type Colour, type Format } from "./terminal";

export type Cell = string | { text: string; colour: Colour };

const NO_LINES = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
  ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
  ...{ left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
};
/** Narrower than this nothing can be read. */
const LEAST_LAST_COLUMN = 24;

const textOf = (cell: Cell): string => (typeof cell === "string" ? cell : cell.text);

/** Widths of all columns, where the last one has to be wrapped; undefined where all fits. */
function widthsOf(rows: readonly (readonly Cell[])[], { width }: Format): number[] | undefined {
  const columns = rows[0]!.length;
  const widest = (column: number): number => Math.max(...rows.map(row => textOf(row[column]!).length));
  const widths = Array.from({ length: columns }, (_, column) => widest(column));
  const others = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  if (others + widths.at(-1)! <= width) return undefined;
  return [...widths.slice(0, -1), Math.max(LEAST_LAST_COLUMN, width - others)];
}

/** @param rows each with as many cells as the head */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  format: Format,
): string[] {
  const titles = head.map((text): Cell => ({ text, colour: "bold" }));
  const all = [titles, ...rows];
  const widths = widthsOf(all, format);
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    ...(widths && { colWidths: widths, wordWrap: true }),
  });
  const paint = (cell: Cell): string =>
    typeof cell === "string" ? cell : painted(cell.text, cell.colour, format);
  table.push(...all.map(row => row.map(paint)));
  return table
    .toString()
    .split("\n")
    .map(line => line.trimEnd());
}
