/** The end of the demo: each claim, whether it holds, and what was seen. */
import type { Format } from "./board";
import type { Verdict } from "./claims";
import { line, wrapped, type Piece } from "./text";

const INDENT = "  ";

/**
 * The verdicts as lines, which are no longer than the width; that of a claim that does not hold is as long
 * as what was seen.
 */
export function summaryLines(verdicts: readonly Verdict[], seconds: number, format: Format): string[] {
  const holding = verdicts.filter(({ holds }) => holds).length;
  return [
    ...verdicts.flatMap(verdict => (verdict.holds ? held(verdict, format) : broken(verdict, format))),
    "",
    line(
      [
        [`${holding} of ${verdicts.length} claims hold`, holding === verdicts.length ? "green" : "red"],
        [`, after ${seconds.toFixed(0)} s.`, undefined],
      ],
      format,
    ),
  ];
}

function held({ claim, evidence }: Verdict, format: Format): string[] {
  return [
    line(
      [
        ["✓ ", "green"],
        [claim, "bold"],
      ],
      format,
    ),
    ...evidence.flatMap(sentence => wrapped(sentence, INDENT, format.width)),
  ];
}

/** In one line, so that it is found whole by who searches for the mark. */
function broken({ claim, evidence }: Verdict, { colour }: Format): string[] {
  const pieces: Piece[] = [
    ["✗ ", "red"],
    [`${claim}: `, "bold"],
    [evidence.join("; "), undefined],
  ];
  return [line(pieces, { width: Infinity, colour })];
}
