/** The end of the demo: each claim, whether it holds, and what was seen. */
import type { Format } from "./board";
import type { Verdict } from "./claims";
import { line, wrapped } from "./text";

/** The verdicts as lines; none is longer than the width, save for a single word that is. */
export function summaryLines(verdicts: readonly Verdict[], seconds: number, format: Format): string[] {
  const holding = verdicts.filter(({ holds }) => holds).length;
  return [
    ...verdicts.flatMap(({ claim, holds, evidence }) => [
      line([holds ? ["yes  ", "green"] : ["NO   ", "red"], [claim, "bold"]], format),
      ...evidence.flatMap(sentence => wrapped(sentence, "     ", format.width)),
    ]),
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
