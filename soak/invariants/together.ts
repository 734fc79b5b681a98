import type { V1Pod } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import { nameOf, violation, type Invariant, type Violation } from "../invariant";
import { choiceOf, hasFinished, labelOf, uidOf } from "../objects";
import type { Seen, World } from "../world";

/** The run at the root, for its pods and for its placeholder. */
function runOf(pod: V1Pod, world: World): PipelineRun | undefined {
  if (labelOf(pod, PLACEHOLDER_LABEL) === undefined) return undefined;
  return world.runOfPlaceholderPod(pod) ?? world.rootOf(pod);
}

/** Those of the run that are on a node now. */
function othersOf(pod: V1Pod, run: PipelineRun, world: World): V1Pod[] {
  return world.podsLabelled(pod.metadata!.namespace!, labelOf(pod, PLACEHOLDER_LABEL)!).filter(other => {
    const owner = runOf(other, world);
    return (
      uidOf(other) !== uidOf(pod) &&
      owner !== undefined &&
      uidOf(owner) === uidOf(run) &&
      Boolean(other.spec?.nodeName) &&
      !hasFinished(other) &&
      world.isNodeThere(other.spec!.nodeName!)
    );
  });
}

/**
 * Pods that are there at the same time. A run none of whose pods is active may go on elsewhere: its node may
 * be gone. Pods of a node that is gone are not there any more, whatever their objects say.
 */
export class Together implements Invariant {
  readonly name = "together";
  readonly claim =
    "all active pods of a run that was let go, and its placeholder, are in one topology domain";
  readonly #compared = new Set<string>();

  /** Runs of which at least two were there at the same time. */
  exercised(): number {
    return this.#compared.size;
  }

  see(seen: Seen, world: World): Violation[] {
    if (seen.kind !== "pod") return [];
    const pod = seen.object;
    const run = runOf(pod, world);
    if (run === undefined) return [];
    const isNewlyBound =
      seen.type !== "DELETED" && Boolean(pod.spec?.nodeName) && !seen.before?.spec?.nodeName;
    return isNewlyBound ? this.#compare(pod, run, seen.at, world) : [];
  }

  #compare(pod: V1Pod, run: PipelineRun, at: number, world: World): Violation[] {
    const others = othersOf(pod, run, world);
    if (others.length === 0) return [];
    this.#compared.add(uidOf(run));
    const key = choiceOf(run, "topology-key");
    const here = world.domainOf(pod.spec!.nodeName!, key);
    const elsewhere = others.filter(other => world.domainOf(other.spec!.nodeName!, key) !== here);
    if (elsewhere.length === 0) return [];
    const places = [pod, ...elsewhere].map(one => `${one.metadata!.name} on ${one.spec!.nodeName}`);
    return [violation(this, at, `${nameOf(run)} is split: ${places.join(", ")}`, run, pod, ...elsewhere)];
  }
}

/** Finds nothing by itself: it counts how often Together was exercised in its hardest case. */
export class AfterLoss implements Invariant {
  readonly name = "together after a loss";
  readonly claim = "the same, after the placeholder was lost while pods of its run were active";
  /** UIDs of runs whose placeholder was lost. */
  readonly #lost = new Set<string>();
  #exercised = 0;

  exercised(): number {
    return this.#exercised;
  }

  see(seen: Seen, world: World): Violation[] {
    if (seen.kind !== "pod") return [];
    const pod = seen.object;
    const run = runOf(pod, world);
    if (run === undefined || othersOf(pod, run, world).length === 0) return [];
    const isPlaceholder = world.runOfPlaceholderPod(pod) !== undefined;
    if (seen.type === "DELETED" && isPlaceholder && !hasFinished(pod)) this.#lost.add(uidOf(run));
    const isNewlyBound =
      seen.type !== "DELETED" && Boolean(pod.spec?.nodeName) && !seen.before?.spec?.nodeName;
    if (isNewlyBound && this.#lost.delete(uidOf(run))) this.#exercised++;
    return [];
  }
}
