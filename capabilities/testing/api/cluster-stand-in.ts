/** What the cluster does about placeholders in the API server in memory, one thing at a time and always the same. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../../tekton/placeholder-pod";
import { exceeds } from "../../demand/resources";
import { CANCELLED, PLACEHOLDER_COMPONENT } from "../../keys";
import { ownContainer, requestedBy } from "../../room/placeholder-size";
import { firstPodOf } from "../../placement/first-pod";
import { recordOf } from "../../placement/record";
import { grantedTo, isResizing } from "../../room/kubelet-answer";
import { resizable } from "../../room/reservation";
import type { PipelineRun } from "../../tekton/objects";
import type { MemoryApi } from "./memory-api";

export interface StandInOptions {
  /** Whether no placeholder finds a node. */
  isFull?: boolean;
  /** Whether the StatefulSets' controller is so far behind that it makes no pod. */
  makesNoPods?: boolean;
  /** Thousandths of cpu that a kubelet grants at most. Default: all. */
  mostCpu?: number;
}

/** Where it was sent to: back to its node, or away from it. */
function nodeFor(statefulSet: V1StatefulSet): string {
  const { pinnedTo, movingFrom } = recordOf(statefulSet);
  return pinnedTo ?? (movingFrom === undefined ? "node-1" : "node-2");
}

function makePod(api: MemoryApi, { makesNoPods }: StandInOptions): boolean {
  if (makesNoPods === true) return false;
  for (const { metadata, spec } of api.all<V1StatefulSet>("statefulsets")) {
    const name = `${metadata!.name}-0`;
    if (api.find("pods", name) !== undefined) continue;
    api.create<V1Pod>("pods", firstPodOf({ metadata: metadata!, spec: spec! }));
    return true;
  }
  return false;
}

function collectPod(api: MemoryApi): boolean {
  const there = api.all<V1StatefulSet>("statefulsets").map(({ metadata }) => metadata!.uid);
  const left = api
    .all<V1Pod>("pods")
    .filter(isPlaceholderPod)
    .find(({ metadata }) => !metadata!.ownerReferences!.some(({ uid }) => there.includes(uid)));
  if (left !== undefined) api.delete("pods", left.metadata!.name!);
  return left !== undefined;
}

function grant(pod: V1Pod): void {
  const { requests } = ownContainer(pod.spec)!.resources!;
  const rest = { image: "", imageID: "", ready: true, restartCount: 0 };
  pod.status = {
    phase: "Running",
    containerStatuses: [{ ...rest, name: PLACEHOLDER_COMPONENT, allocatedResources: requests! }],
    conditions: [{ type: "PodScheduled", status: "True" }],
  };
}

function bind(api: MemoryApi, { isFull }: StandInOptions): boolean {
  if (isFull === true) return false;
  const [statefulSet] = api.all<V1StatefulSet>("statefulsets");
  const pods = api.all<V1Pod>("pods");
  const unbound = pods.find(pod => isPlaceholderPod(pod) && !pod.spec!.nodeName);
  if (statefulSet !== undefined && unbound !== undefined) {
    api.change<V1Pod>("pods", unbound.metadata!.name!, pod => {
      pod.spec!.nodeName = nodeFor(statefulSet);
      grant(pod);
    });
    return true;
  }
  // The run's pods follow to another node, and nowhere else: on the first one strangers are.
  const moved = pods.find(pod => isPlaceholderPod(pod) && pod.spec!.nodeName === "node-2");
  const waiting = pods.find(pod => !isPlaceholderPod(pod) && !pod.spec!.nodeName);
  if (moved === undefined || waiting === undefined) return false;
  api.change<V1Pod>("pods", waiting.metadata!.name!, pod => {
    pod.spec!.nodeName = "node-2";
    pod.status = { phase: "Running" };
  });
  return true;
}

function answerResize(api: MemoryApi, { mostCpu = Infinity }: StandInOptions): boolean {
  const resizing = api.all<V1Pod>("pods").filter(isPlaceholderPod).filter(isResizing);
  for (const pod of resizing) {
    const asked = resizable(requestedBy(pod.spec!));
    const grows = exceeds(asked, grantedTo(pod)).length > 0;
    if (grows && (asked["cpu"] ?? 0) > mostCpu) continue;
    api.change<V1Pod>("pods", pod.metadata!.name!, grant);
    return true;
  }
  return false;
}

function endCancelled(api: MemoryApi): boolean {
  const run = api
    .all<PipelineRun>("pipelineruns")
    .find(({ spec, status }) => spec?.status === CANCELLED && status?.conditions === undefined);
  if (run === undefined) return false;
  api.change<PipelineRun>("pipelineruns", run.metadata!.name!, ended => {
    ended.status = { conditions: [{ type: "Succeeded", status: "False" }] };
  });
  return true;
}

/** @returns whether anything was left for the cluster to do */
export function clusterActs(api: MemoryApi, options: StandInOptions): boolean {
  return (
    collectPod(api) ||
    makePod(api, options) ||
    bind(api, options) ||
    answerResize(api, options) ||
    endCancelled(api)
  );
}
