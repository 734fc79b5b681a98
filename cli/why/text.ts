/** The answer to `why`, for people. */
import { amounts, clock, duration, few, ordinal } from "../words";
import { tableLines } from "../table";
import { painted, type Colour, type Format } from "../terminal";
import type { RunFacts } from "./facts";
import { nameOf, type Queue } from "./queue";
import { endOf } from "./run-end";
import { standingOf, type Standing, type State } from "./standing";
import { timelineOf } from "./timeline";

const MOST_AHEAD = 3;
const LABEL_COLUMNS = 12;

export const COLOURS: Partial<Record<State, Colour>> = {
  held: "yellow",
  waiting: "yellow",
  running: "green",
  succeeded: "green",
  failed: "red",
  "opted in too late": "red",
};

function queueWords({ position, length, ahead, within }: Queue): string {
  const of = `${ordinal(position)} of ${length} held ${length === 1 ? "run" : "runs"} in the ${within}, by age`;
  return ahead.length === 0 ? of : `${of}; before it: ${few(ahead, MOST_AHEAD)}`;
}

function sizeWords({ asks, keeps, moves }: Standing): [string, string][] {
  const lines: [string, string][] = [];
  if (asks !== undefined) lines.push(["Needs", `${amounts(asks)} at its widest moment`]);
  if (keeps !== undefined) lines.push(["Keeps now", amounts(keeps)]);
  if (moves !== undefined && moves > 0) {
    lines.push([
      "Moved",
      `its placeholder has looked for a node anew ${moves === 1 ? "once" : `${moves} times`}`,
    ]);
  }
  return lines;
}

function facts(standing: Standing, { queue, run }: RunFacts, now: Date): [string, string][] {
  const { wait, because, node } = standing;
  const end = endOf(run);
  const since = wait?.since;
  return [
    ...(end === undefined ? [] : [["Ended", end.what] as [string, string]]),
    ...(wait === undefined ? [] : [["Waits for", wait.what] as [string, string]]),
    ...(because === undefined ? [] : [["Because", because] as [string, string]]),
    ...(since === undefined || Number.isNaN(since.getTime())
      ? []
      : [
          ["Since", `${duration(now.getTime() - since.getTime())} (${clock(since, now)} UTC)`] as [
            string,
            string,
          ],
        ]),
    ...(queue === undefined ? [] : [["Queue", queueWords(queue)] as [string, string]]),
    ...(node === undefined ? [] : [["Node", node] as [string, string]]),
    ...sizeWords(standing),
  ];
}

/** Words at a width, with what follows the first line indented. */
function wrapped(text: string, indent: string, { width }: Format): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((part, index) => (index === 0 ? part : indent + part));
}

const labelled = ([label, text]: [string, string], format: Format): string[] => {
  const [first, ...rest] = wrapped(text, " ".repeat(LABEL_COLUMNS), format);
  return [`${painted(label.padEnd(LABEL_COLUMNS), "bold", format)}${first}`, ...rest];
};

/** A command at its end has a line of its own, whole, so that it can be copied. */
function itemLines(item: string, format: Format): string[] {
  const [, words, command] = /^(.*?:) (kubectl .*)$/s.exec(item) ?? [];
  if (words === undefined) return wrapped(`- ${item}`, "  ", format);
  return [...wrapped(`- ${words}`, "  ", format), `    ${command}`];
}

const listed = (title: string, items: readonly string[], format: Format): string[] =>
  items.length === 0
    ? []
    : ["", painted(title, "bold", format), ...items.flatMap(item => itemLines(item, format))];

export function whyText(known: RunFacts, now: Date, format: Format): string {
  const standing = standingOf(known, now);
  const rows = timelineOf(known).map(({ at, what }) => [
    duration(now.getTime() - at.getTime()),
    clock(at, now),
    what,
  ]);
  return [
    `PipelineRun ${nameOf(known.run)}: ${painted(standing.state, COLOURS[standing.state], format)}`,
    "",
    ...facts(standing, known, now).flatMap(line => labelled(line, format)),
    ...listed("What to do", [...new Set(standing.toDo)], format),
    ...listed("Not known", known.notes, format),
    "",
    ...tableLines(["AGE", "TIME (UTC)", "WHAT HAPPENED"], rows, format),
  ].join("\n");
}

/** The same, for programs. */
export function whyObject(known: RunFacts, now: Date): object {
  const { namespace, name } = known.run.metadata!;
  const { wait, asks, keeps, ...standing } = standingOf(known, now);
  return {
    run: { namespace, name },
    ...standing,
    ...(asks && { asks: amounts(asks) }),
    ...(keeps && { keeps: amounts(keeps) }),
    waitsFor: wait?.what ?? null,
    since: wait?.since ?? null,
    queue: known.queue ?? null,
    timeline: timelineOf(known),
    notes: known.notes,
  };
}
