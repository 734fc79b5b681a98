/** A preview as people read it. */
import { stringify } from "yaml";
import type { Admission } from "./admission";
import type { Preview, PreviewedTask } from "./preview";

const HEADLINES: Record<Admission["outcome"], string> = {
  held: "would be held",
  "held later": "would not be held yet",
  "not opted in": "would not be held",
  "left alone": "would not be held",
  refused: "would be refused",
};

const inWords = (quantities: Record<string, string>): string =>
  Object.entries(quantities)
    .map(([name, quantity]) => `${name} ${quantity}`)
    .join(", ") || "nothing";

/** Columns as wide as their widest cell, two spaces between. */
function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

const waveRows = (wave: PreviewedTask[], index: number): string[][] =>
  wave.map(({ name, pods, requests }, place) => [
    place === 0 ? String(index + 1) : "",
    name,
    String(pods),
    inWords(requests),
  ]);

function graphLines({ waves, peak, peakTasks, firstWave }: Preview): string[] {
  if (waves.length === 0) return [];
  const pods = new Map(waves.flat().map(task => [task.name, task.pods]));
  const withPods = (name: string): string => (pods.get(name) === 1 ? name : `${pods.get(name)} × ${name}`);
  const peaks = Object.entries(peak).map(([resource, quantity]) => [
    `${resource} ${quantity}`,
    (peakTasks[resource] ?? []).map(withPods).join(", "),
  ]);
  if (peaks.length === 0) peaks.push(["nothing", ""]);
  return [
    ...["", ...table([["WAVE", "TASK", "PODS", "EACH ASKS FOR"], ...waves.flatMap(waveRows)])],
    ...["", ...table([["PEAK", "WHEN THESE RUN AT ONCE"], ...peaks])],
    ...["", `First wave: ${inWords(firstWave)}`],
  ];
}

const claimLines = ({ claims }: Preview): string[] =>
  claims.length === 0
    ? []
    : ["", `It goes where the volumes of these claims can be used: ${claims.join(", ")}`];

const listLines = (title: string, items: string[]): string[] =>
  items.length === 0 ? [] : ["", title, ...items.map(item => `- ${item}`)];

const yamlLines = (title: string, object: object | null): string[] =>
  object === null
    ? []
    : ["", title, "", ...stringify(object, { aliasDuplicateObjects: false }).trimEnd().split("\n")];

export function previewText(preview: Preview): string {
  const { run, admission, placeholder, pod } = preview;
  const asIf = admission.outcome === "not opted in" ? ", if it opted in" : "";
  return [
    `PipelineRun ${run.namespace}/${run.name} ${HEADLINES[admission.outcome]}: ${admission.why}.`,
    ...(run.isExampleName
      ? ["Its name is an example, and so is its placeholder's: the run has a generateName."]
      : []),
    ...listLines("Problems", preview.problems),
    ...graphLines(preview),
    ...claimLines(preview),
    ...listLines("Notes", preview.notes),
    ...yamlLines(`The placeholder${asIf}:`, placeholder),
    ...yamlLines(`A pod of the first wave${asIf}, without what Tekton puts into it:`, pod),
  ].join("\n");
}
