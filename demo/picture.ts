/** What was seen of runs and nodes, as a picture. */
import { isPlaceholder, isActive, ofKind, runOf, type Seen } from "./observation";
import { podName } from "../cli/why/pods";
import type { NodeSpan, Span, Timeline } from "../pictures/timeline";

/** After the last that is shown, so that it does not end at the edge. */
const MARGIN_MILLISECONDS = 1000;

/** Of the pods of one namespace. */
export function spansOf(seen: readonly Seen[], namespace: string): Span[] {
  const spans = new Map<string, Span>();
  for (const { object, gone, atMilliseconds } of ofKind(seen, "pod")) {
    const run = runOf(object);
    if (run === undefined || object.metadata?.namespace !== namespace) continue;
    const { uid } = object.metadata;
    const known: Span = spans.get(uid!) ?? {
      run,
      name: podName(object, run),
      kind: isPlaceholder(object) ? "placeholder" : "pod",
      from: atMilliseconds,
    };
    spans.set(uid!, known);
    const node = object.spec?.nodeName;
    if (node && known.node === undefined) Object.assign(known, { node, bound: atMilliseconds });
    if (gone || !isActive(object)) known.until ??= atMilliseconds;
  }
  return [...spans.values()];
}

function nodesOf(seen: readonly Seen[], from: number): NodeSpan[] {
  const nodes = new Map<string, NodeSpan>();
  for (const { object, gone, atMilliseconds } of ofKind(seen, "node")) {
    const name = object.metadata!.name!;
    const known: NodeSpan = nodes.get(name) ?? { name, from: Math.max(from, atMilliseconds) };
    nodes.set(name, known);
    if (gone) known.until ??= atMilliseconds;
  }
  return [...nodes.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** From when the first run of the namespace was made until the last pod of any was gone. */
export function timelineOf(seen: readonly Seen[], title: string, namespace: string): Timeline {
  const runs = ofKind(seen, "run").filter(({ object }) => object.metadata?.namespace === namespace);
  const spans = spansOf(seen, namespace);
  const from = Math.min(...runs.map(({ atMilliseconds }) => atMilliseconds), ...spans.map(span => span.from));
  const until =
    Math.max(from, ...spans.map(span => span.until ?? span.bound ?? span.from)) + MARGIN_MILLISECONDS;
  return { title, from, until, nodes: nodesOf(seen, from), spans };
}

/** For each run of the namespace, the nodes that its pods were on. */
export function nodesByRun(seen: readonly Seen[], namespace: string): Map<string, string[]> {
  const nodes = new Map<string, Set<string>>();
  for (const { run, node } of spansOf(seen, namespace)) {
    if (node !== undefined) nodes.set(run, (nodes.get(run) ?? new Set()).add(node));
  }
  return new Map([...nodes].map(([run, names]) => [run, [...names].sort()]));
}
