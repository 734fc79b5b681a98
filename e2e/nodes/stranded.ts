/** A run loses its placeholder while it is active, on a node that another one waits for. */
import type { V1Pod } from "@kubernetes/client-node";
import { placeholderPodName } from "../../capabilities/placement/names";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { addNode } from "../../testbed/nodes";
import { until } from "../../testbed/until";
import { after, cpu, Fit } from "../fit/fixture";
import { RUN_MILLISECONDS, run, type OperatedCluster } from "../operated-cluster";
import { endPods, podsOf } from "../pods";

const NAMESPACE = "stranded";
const NODE = "stranded-a";
const ENDLESS_SECONDS = 3600;

const isOf =
  (name: string) =>
  ({ metadata }: V1Pod): boolean =>
    metadata?.labels?.["tekton.dev/pipelineRun"] === name;

export interface Stranded {
  results: (string | undefined)[];
  /** Whether the other run's placeholder took the node meanwhile. */
  wasTaken: boolean;
  /** From the loss until its placeholder was back. */
  seconds: number;
  /** Moments at which pods of both were there. */
  together: string[];
}

export async function stranded(operated: OperatedCluster): Promise<Stranded> {
  const { clients } = operated.cluster;
  const placeholder = (name: string) => ({ namespace: NAMESPACE, name: placeholderPodName(name) });
  const nodeOf = (pod: V1Pod | undefined): string | undefined => pod?.spec?.nodeName;
  const placeholderOf = (name: string): V1Pod | undefined =>
    operated.history.now("pod", NAMESPACE).find(pod => isPlaceholderPod(pod) && isOf(name)(pod));
  const running = () =>
    podsOf(operated, NAMESPACE).filter(pod => isOf("first")(pod) && pod.status?.phase === "Running");
  const met = (what: string, holds: () => boolean) =>
    until(`${NAMESPACE}: ${what}`, RUN_MILLISECONDS, async () => holds());

  await operated.createNamespace(NAMESPACE);
  const labels = { row: NAMESPACE };
  await addNode(clients, { name: NODE, labels });
  const spec = { taskRunTemplate: { podTemplate: { nodeSelector: labels } } };
  const tasks = [cpu("build", "100m", {}, ENDLESS_SECONDS), cpu("last", "100m", after("build"))];
  await operated.apply(NAMESPACE, [run("first", tasks, {}, spec)]);
  await met("the first run to be active", () => running().length > 0);
  await operated.apply(NAMESPACE, [run("second", [cpu("only", "100m")], {}, spec)]);
  await met("the second run to look for a node", () => placeholderOf("second") !== undefined);
  const lost = placeholderOf("first")!.metadata!.uid;
  const at = Date.now();
  await clients.core.deleteNamespacedPod(placeholder("first"));
  await met("the first run's placeholder to be back", () => {
    const pod = placeholderOf("first");
    return pod?.metadata?.uid !== lost && nodeOf(pod) === NODE;
  });
  const seconds = (Date.now() - at) / 1000;
  await endPods(operated, running());
  const results = await new Fit(operated).ended(NAMESPACE);
  const wasTaken = operated.history
    .all("pod", NAMESPACE)
    .some(
      change =>
        isPlaceholderPod(change.object) &&
        isOf("second")(change.object) &&
        change.at < at + seconds * 1000 &&
        nodeOf(change.object) === NODE,
    );
  return { results, wasTaken, seconds, together: together(operated) };
}

function together({ history }: OperatedCluster): string[] {
  const there = new Map<string, string>();
  const found: string[] = [];
  for (const { type, object, revision } of history.all("pod", NAMESPACE)) {
    if (isPlaceholderPod(object)) continue;
    const { uid, labels } = object.metadata!;
    const isThere =
      type !== "DELETED" &&
      Boolean(object.spec?.nodeName) &&
      !["Succeeded", "Failed"].includes(object.status?.phase ?? "");
    if (isThere) there.set(uid!, labels!["tekton.dev/pipelineRun"]!);
    else there.delete(uid!);
    const runs = [...new Set(there.values())];
    if (runs.length > 1) found.push(`${runs.join(" and ")} at ${revision}`);
  }
  return found;
}
