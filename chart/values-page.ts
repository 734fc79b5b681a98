/** The values of the chart as a page: what the comments of values.yaml say, beside each default. */
import { isMap, isScalar, parseDocument, type Node, type Pair, type YAMLMap } from "yaml";
import { markdownTable } from "../scripts/markdown";

interface Value {
  /** As for `--set`. */
  path: string;
  default: string;
  meaning: string;
}

interface Group {
  name: string;
  /** Empty where the group has no comment. */
  meaning: string;
  values: Value[];
}

const oneLine = (comment: string | null | undefined): string =>
  (comment ?? "")
    .split("\n")
    .map(line => line.trim())
    .join(" ")
    .trim();

/** The comment above the first of several stands at what contains them. */
const commentOf = (pair: Pair, inFirst: string | null | undefined): string =>
  oneLine((pair.key as Node).commentBefore ?? inFirst);

const isGroup = (node: unknown): node is YAMLMap =>
  isMap(node) && node.flow !== true && node.items.length > 0;

function valuesBelow(path: string, map: YAMLMap): Value[] {
  return map.items.flatMap((pair, index) => {
    const name = `${path}${String(isScalar(pair.key) ? pair.key.value : pair.key)}`;
    const meaning = commentOf(pair, index === 0 ? map.commentBefore : undefined);
    if (isGroup(pair.value)) {
      const [first, ...others] = valuesBelow(`${name}.`, pair.value);
      return [{ ...first!, meaning: [meaning, first!.meaning].filter(Boolean).join(" ") }, ...others];
    }
    return [{ path: name, default: JSON.stringify((pair.value as Node).toJSON()), meaning }];
  });
}

/** Every value of values.yaml, those at the top that are no group in one of their own. */
export function valueGroups(valuesYaml: string): Group[] {
  const document = parseDocument(valuesYaml);
  const top = document.contents as YAMLMap;
  const groups: Group[] = [{ name: "", meaning: "", values: [] }];
  top.items.forEach((pair, index) => {
    const name = String((pair.key as Node).toJSON());
    const meaning = commentOf(pair, index === 0 ? (top.commentBefore ?? document.commentBefore) : undefined);
    if (isGroup(pair.value)) groups.push({ name, meaning, values: valuesBelow(`${name}.`, pair.value) });
    else
      groups[0]!.values.push({ path: name, default: JSON.stringify((pair.value as Node).toJSON()), meaning });
  });
  return groups;
}

/** In a cell of a table. */
const cell = (text: string): string => text.replaceAll("|", "\\|");

function groupText({ name, meaning, values }: Group): string {
  const rows = values.map(value => [`\`${value.path}\``, cell(`\`${value.default}\``), cell(value.meaning)]);
  const head = name === "" ? ["## Values"] : [`### ${name}`, ...(meaning === "" ? [] : [meaning])];
  return [...head, markdownTable(["value", "default", "meaning"], rows)].join("\n\n");
}

/** The chart's README.md. */
export function chartPage(
  { name, description }: { name: string; description: string },
  valuesYaml: string,
): string {
  const parts = [
    `# ${name}`,
    description,
    [
      'Runs opt in by the label `tekton.dev/custom-pod-affinity: "true"`, on the PipelineRun or on its Namespace.',
      "Tekton's own Affinity Assistant has to be off (`coschedule: disabled` in its ConfigMap `feature-flags`).",
    ].join("\n"),
    [
      "```sh",
      `helm install ${name} CHART -n pod-affinity-system --create-namespace --wait`,
      `helm test ${name} -n pod-affinity-system`,
      "```",
    ].join("\n"),
    ...valueGroups(valuesYaml).map(groupText),
  ];
  return `${parts.join("\n\n")}\n`;
}
