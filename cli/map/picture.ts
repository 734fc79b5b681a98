/** What pods and nodes that are there now tell of the past, as a picture. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { hasFinished } from "../../capabilities/phases/observed";
import { rootRunOf } from "../../capabilities/store/root-run";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { asText } from "../../capabilities/tekton/run-key";
import type { NodeSpan, Span, Timeline } from "../../pictures/timeline";
import { podName, spanOf } from "../why/pods";

/** With more, only nodes that runs were on are drawn. */
const MOST_FREE_NODES = 40;
/** What was before is left out. */
export const MOST_PAST_MILLISECONDS = 60 * 60_000;

function spansOf(pods: readonly V1Pod[], since: number): Span[] {
  return pods.flatMap(pod => {
    const key = rootRunOf(pod);
    if (key === undefined) return [];
    const { from, bound, until } = spanOf(pod);
    // Nobody says when it ended.
    if (hasFinished(pod) && until === undefined) return [];
    if (until !== undefined && until < since) return [];
    const span: Span = {
      run: asText(key),
      name: podName(pod, key.name),
      kind: isPlaceholderPod(pod) ? "placeholder" : "pod",
      from: Math.max(since, from),
    };
    if (bound !== undefined) {
      span.node = pod.spec!.nodeName!;
      span.bound = Math.max(since, bound);
    }
    if (until !== undefined) span.until = until;
    return [span];
  });
}

const moment = (at: number): string => new Date(at).toISOString().slice(0, 19).replace("T", " ");

/**
 * @param nodes every node; undefined when they may not be read: then those that pods name are drawn
 * @param now in milliseconds since the epoch
 */
export function timelineOf(
  nodes: readonly V1Node[] | undefined,
  pods: readonly V1Pod[],
  now: number,
): Timeline {
  const spans = spansOf(pods, now - MOST_PAST_MILLISECONDS);
  const from = Math.min(now - 1000, ...spans.map(span => span.from));
  const used = new Set(spans.flatMap(({ node }) => node ?? []));
  const made = new Map(
    (nodes ?? []).map(({ metadata }) => [
      metadata!.name!,
      new Date(metadata!.creationTimestamp ?? 0).getTime(),
    ]),
  );
  const names = made.size === 0 || made.size > MOST_FREE_NODES ? used : new Set([...made.keys(), ...used]);
  const spanOfNode = (name: string): NodeSpan => ({ name, from: Math.max(from, made.get(name) ?? from) });
  return {
    title: `Runs on nodes, ${moment(from)} to ${moment(now)} UTC`,
    from,
    until: now,
    nodes: [...names].sort((one, other) => one.localeCompare(other, "en", { numeric: true })).map(spanOfNode),
    spans,
  };
}
