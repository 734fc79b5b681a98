/** Metrics of the controllers, beside what happened as a watch of the test's own and the audit log have seen it. */
import type { V1Pod } from "@kubernetes/client-node";
import { sum, type Resources } from "../capabilities/demand/resources";
import { PLACEHOLDER_LABEL } from "../capabilities/keys";
import { podRequests } from "../capabilities/room/pod-requests";
import { hasEnded, isPending, type PipelineRun } from "../capabilities/tekton/objects";
import { isPlaceholderPod } from "../capabilities/tekton/placeholder-pod";
import type { Use } from "../testbed/audit";
import { RELEASE } from "../testbed/operator-names";
import type { Operator } from "../testbed/operator";
import { scrapeAll, total } from "../testbed/scrape";
import type { History } from "./history";

/** By figure, in the words of the test: what the metrics tell, and what was seen. */
export interface ReadBack {
  told: Record<string, number>;
  seen: Record<string, number>;
  /** Seconds, on the average of the runs that were placed. */
  meanTimeToPlace: { told: number; seen: number };
}

const isPlaced = (run: PipelineRun): boolean =>
  !isPending(run) && run.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;

/** Seconds from their creation, by run: of those that were seen held and then let go to a placeholder. */
function timesToPlace(history: History, namespace: string): number[] {
  const held = new Set<string>();
  const times = new Map<string, number>();
  for (const { object, at } of history.all("run", namespace)) {
    const { uid, creationTimestamp } = object.metadata!;
    if (isPending(object)) held.add(uid!);
    else if (isPlaced(object) && held.has(uid!) && !times.has(uid!))
      times.set(uid!, (at - new Date(creationTimestamp!).getTime()) / 1000);
  }
  return [...times.values()];
}

const boundPlaceholders = (history: History, namespace: string): V1Pod[] =>
  history.now("pod", namespace).filter(pod => isPlaceholderPod(pod) && pod.spec?.nodeName);

const round = (amount: number): number => Math.round(amount * 1000) / 1000;

export async function readBack(
  operator: Operator,
  history: History,
  namespace: string,
  requests: readonly Use[],
): Promise<ReadBack> {
  const answers = await scrapeAll(operator, "controller");
  const of = (name: string, labels?: Record<string, string>) =>
    total(answers, `pod_affinity_${name}`, labels);
  const asked = requests.filter(({ account }) => account === `${RELEASE}-controller`);
  const times = timesToPlace(history, namespace);
  const runs = history.now("run", namespace).filter(run => !hasEnded(run));
  const reserved: Resources = sum(...boundPlaceholders(history, namespace).map(podRequests));
  const placedCount = of("placement_duration_seconds_count");
  const verbs = ["create", "patch"];
  return {
    told: {
      "runs that were placed": of("holds_ended_total", { outcome: "placed" }),
      "times to place": placedCount,
      "runs held now": of("runs", { stage: "held" }),
      "runs placed now": of("runs", { stage: "placed" }),
      "controllers that act": of("leader"),
      "processors reserved": round(of("reserved_cpu_cores")),
      "bytes reserved": of("reserved_memory_bytes"),
      ...Object.fromEntries(
        verbs.map(verb => [`requests: ${verb}`, of("kubernetes_requests_total", { verb })]),
      ),
    },
    seen: {
      "runs that were placed": times.length,
      "times to place": times.length,
      "runs held now": runs.filter(isPending).length,
      "runs placed now": runs.filter(isPlaced).length,
      "controllers that act": 1,
      "processors reserved": round((reserved["cpu"] ?? 0) / 1000),
      "bytes reserved": reserved["memory"] ?? 0,
      ...Object.fromEntries(
        verbs.map(verb => [`requests: ${verb}`, asked.filter(one => one.verb === verb).length]),
      ),
    },
    meanTimeToPlace: {
      told: of("placement_duration_seconds_sum") / placedCount,
      seen: times.reduce((all, one) => all + one, 0) / times.length,
    },
  };
}
