/** `npm run docs` writes docs/phases.md from the table; a test fails when it is not what the table says. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLUSTER_CHANGES } from "./cluster-changes";
import { PHASES, STAGES, type Phase } from "./phase";
import { markdownTable } from "../../scripts/markdown";
import { TABLE } from "./table";

const HEAD = `# Phases

<!-- Written from the table by \`npm run docs\`. -->

The controller looks a run up, finds out where the run stands and in which phase its placeholder is, and takes the
step of the first row below that matches. Nothing else decides. A wait is told on the run, where people can do
something about it, and ends with an event, or with a look after a while. Whatever a held run waits for, its
\`placement-timeout\` goes on, and \`on-timeout\` says what comes then.`;

type End = Phase | "any phase" | "released" | "gone";

interface Edge {
  from: End;
  to: End;
  label: string;
}

const idOf = (end: End): string => (end === "gone" ? "[*]" : end.replaceAll(" ", "_"));

/** Before a run is let go its placeholder is never in these, and after that never in the other. */
const PLACED_ONLY: readonly End[] = ["lost", "moving"];
const HELD_ONLY: readonly End[] = ["looking"];

/** Whether one step can lead from the one to the other; that a phase stays what it is need not be drawn. */
const canFollow = (from: End, to: End): boolean =>
  from !== to &&
  !(HELD_ONLY.includes(from) && PLACED_ONLY.includes(to)) &&
  !(PLACED_ONLY.includes(from) && HELD_ONLY.includes(to));

/** What the controller does, by the kind of step; where it may do the same from every phase, that is drawn once. */
function stepEdges(): Edge[] {
  return TABLE.flatMap(({ phases, takes, to = [] }) => {
    const label = takes.join(" or ");
    const froms: readonly End[] = phases ?? ["any phase"];
    const pairs = froms.flatMap(from => to.map(end => ({ from, to: end, label })));
    return pairs.filter(({ from, to: end }) => canFollow(from, end));
  });
}

const byTimeout: Edge = { from: "any phase", to: "released", label: "let-go" };
const byCluster: Edge[] = CLUSTER_CHANGES.map(({ from, to, by }) => ({ from, to, label: `(${by})` }));

/** One line for each pair of ends. */
function grouped(edges: readonly Edge[]): string[] {
  const labels = new Map<string, Set<string>>();
  for (const { from, to, label } of edges) {
    const ends = `${idOf(from)} --> ${idOf(to)}`;
    labels.set(ends, (labels.get(ends) ?? new Set()).add(label));
  }
  return [...labels].map(([ends, known]) => `    ${ends}: ${[...known].join(", ")}`);
}

function diagram(): string {
  const names = [...(Object.keys(PHASES) as Phase[]), "any phase", "released"] as const;
  const declared = names
    .filter(name => name.includes(" "))
    .map(name => `    state "${name}" as ${idOf(name)}`);
  const lines = [...declared, "    [*] --> absent", ...grouped([...stepEdges(), byTimeout, ...byCluster])];
  return ["```mermaid", "stateDiagram-v2", ...lines, "```"].join("\n");
}

/** The page, whole. */
export function phasesPage(): string {
  const rows = TABLE.map(({ name, stages, phases, takes, why }, index) => [
    `${index + 1}`,
    name,
    stages.join(", "),
    phases?.join(", ") ?? "any",
    takes.map(kind => `\`${kind}\``).join(" or "),
    why,
  ]);
  const parts = [
    HEAD,
    "## Where a run stands",
    markdownTable(["the run is", "that is"], Object.entries(STAGES)),
    "## The phases of a placeholder",
    markdownTable(["phase", "meaning"], Object.entries(PHASES)),
    "## How one phase leads to another",
    "Steps of the controller by their names; in brackets what the cluster does by itself.",
    diagram(),
    "## The table",
    "The first row that matches counts.",
    markdownTable(["row", "when", "the run is", "phase", "step", "why"], rows),
  ];
  return `${parts.join("\n\n")}\n`;
}

export const PAGE_FILE = join(__dirname, "..", "..", "docs", "phases.md");

if (require.main === module) writeFileSync(PAGE_FILE, phasesPage());
