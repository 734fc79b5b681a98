/** What `kubectl describe pipelinerun` shows of a run, as far as it is about this operator. */
import type { PipelineRun } from "../../capabilities/tekton/objects";
import { duration } from "../words";
import type { ToldEvent } from "../why/told-event";

const MARGIN = "              ";

function listed(title: string, map: Record<string, string> | undefined): string[] {
  const lines = Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort();
  if (lines.length === 0) lines.push("<none>");
  return lines.map((line, index) => `${index === 0 ? title.padEnd(MARGIN.length) : MARGIN}${line}`);
}

/** As translateMicroTimestampSince and its like of kubectl's describe.go have it. */
function ageOf({ first, last, count }: ToldEvent, now: Date): string {
  const since = (at: Date): string => duration(now.getTime() - at.getTime());
  return count > 1 ? `${since(last)} (x${count} over ${since(first)})` : since(first);
}

function eventLines(events: readonly ToldEvent[], now: Date): string[] {
  // In kubectl's order, SortableEvents of its pkg/util/event.
  const about = events
    .filter(event => event.about === "PipelineRun")
    .sort((one, other) => one.last.getTime() - other.last.getTime());
  if (about.length === 0) return ["Events:  <none>"];
  const head = ["Type", "Reason", "Age", "From", "Message"];
  const rows = [
    head,
    head.map(title => "-".repeat(title.length)),
    ...about.map(event => [event.type, event.reason, ageOf(event, now), event.from, event.message]),
  ];
  const widths = head.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  const lines = rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
  return ["Events:", ...lines.map(line => `  ${line}`)];
}

export function described(run: PipelineRun, events: readonly ToldEvent[], now: Date): string {
  const { name, namespace, labels, annotations } = run.metadata!;
  const status = run.spec?.status === undefined ? [] : ["Spec:", `  Status:  ${run.spec.status}`];
  return [
    `${"Name:".padEnd(MARGIN.length)}${name}`,
    `${"Namespace:".padEnd(MARGIN.length)}${namespace}`,
    ...listed("Labels:", labels),
    ...listed("Annotations:", annotations),
    ...status,
    "...",
    ...eventLines(events, now),
  ].join("\n");
}
