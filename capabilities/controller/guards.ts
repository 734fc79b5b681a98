/** Fresh reads before the few steps where an old picture could hurt: what they find goes into the store. */
import type { V1Pod } from "@kubernetes/client-node";
import { ownership, type Observed } from "../phases/observed";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import type { RunKey } from "../tekton/run-key";
import { Outdated } from "./failure";
import type { Parts } from "./parts";

/** A run is never split: no pod of it that is not seen may have come onto the node. */
export async function guardMove({ cluster, store }: Parts, key: RunKey, observed: Observed): Promise<void> {
  const { pods } = await cluster.activePods(key);
  const known = new Map(observed.pods.map(({ metadata, spec }) => [metadata!.uid, spec?.nodeName ?? ""]));
  const unseen = pods.filter(
    pod => !isPlaceholderPod(pod) && pod.spec?.nodeName && known.get(pod.metadata!.uid) !== pod.spec.nodeName,
  );
  if (unseen.length === 0) return;
  for (const pod of unseen) store.written("pods", pod);
  throw new Outdated("pods of the run have come onto its node");
}

/** Watches come one after another: a pod may be known to be on a node that is not known to be there, or to be back. */
export async function guardNode({ cluster, store }: Parts, name: string): Promise<void> {
  const before = JSON.stringify(store.nodes.stateOf(name));
  store.nodes.see(name, await cluster.surroundings.readNode(name));
  if (JSON.stringify(store.nodes.stateOf(name)) !== before) {
    throw new Outdated(`the node ${name} is not as it was seen`);
  }
}

/**
 * Where a node takes few pods, the scheduler may have given the placeholder the last slot: no request reserves one. Then
 * its run goes on looking, before it has started.
 */
export async function guardSlot({ cluster, store }: Parts, pod: V1Pod): Promise<void> {
  const node = pod.spec!.nodeName!;
  const slots = store.nodes.stateOf(node)?.slots;
  if (slots === undefined || (await cluster.surroundings.countPodsOn(node)) < slots) return;
  store.nodes.inLastSlot(pod);
  throw new Outdated(`the placeholder has the last slot for pods of the node ${node}`);
}

/** A placeholder that is deleted takes the place of its run's next pods with it. */
export async function guardDeletion(
  { cluster, store }: Parts,
  key: RunKey,
  observed: Observed,
): Promise<void> {
  if (observed.run === undefined && ownership(observed) !== "orphan") {
    const run = await cluster.readRun(key);
    const owner = observed.statefulSet!.metadata!.ownerReferences?.find(({ controller }) => controller);
    if (run !== undefined && run.metadata!.uid === owner?.uid) {
      store.written("run", run);
      throw new Outdated("the run is there");
    }
  }
  const { pods } = await cluster.activePods(key);
  const active = pods.filter(pod => !isPlaceholderPod(pod));
  if (active.length === 0) return;
  for (const pod of active) store.written("pods", pod);
  throw new Outdated("pods of the run are active");
}
