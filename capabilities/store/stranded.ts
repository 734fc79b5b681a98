/**
 * Runs that lost their placeholder while pods of theirs are on a node. Between its loss and its return nothing keeps
 * other runs off that node; one that requires isolation, or that another one requires it from, would then have to wait
 * until the other has ended, with its own pods there. So the other one gives way, see troubleOf.
 */
import type { V1Pod } from "@kubernetes/client-node";
import { HOSTNAME_TOPOLOGY } from "../keys";
import { hasFinished, hasNode } from "../phases/observed";
import { firstRecord, recordOf, type Placing } from "../placement/record";
import { hasEnded } from "../tekton/objects";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import { fromText } from "../tekton/run-key";
import { all, hasRunOrPlaceholder, only, type Entry } from "./entry";

/** Which runs have active pods on which node. Candidates: what is known of the run decides. */
export class Occupants {
  /** By name of a node: the pods there, by UID, each with its run. */
  readonly #runs = new Map<string, Map<string, string>>();

  /** A pod of the run was seen. */
  seen(pod: V1Pod, run: string): void {
    const node = pod.spec?.nodeName;
    if (!node) return;
    if (hasFinished(pod)) return this.left(pod);
    const there = this.#runs.get(node) ?? new Map<string, string>();
    this.#runs.set(node, there.set(pod.metadata!.uid!, run));
  }

  /** A pod of a run is gone, or has ended. */
  left({ metadata, spec }: V1Pod): void {
    const there = this.#runs.get(spec?.nodeName ?? "");
    if (there?.delete(metadata!.uid!) === true && there.size === 0) this.#runs.delete(spec!.nodeName!);
  }

  on(node: string): Set<string> {
    return new Set(this.#runs.get(node)?.values());
  }
}

function placingIn(entry: Entry): Placing {
  const statefulSet = only(entry.statefulSet);
  return statefulSet === undefined ? firstRecord(only(entry.run)!).placing : recordOf(statefulSet).placing;
}

function isStranded(entry: Entry, node: string): boolean {
  const run = only(entry.run);
  if (run === undefined || run.metadata?.deletionTimestamp !== undefined || hasEnded(run)) return false;
  // Over a zone its placeholder finds another node beside them.
  if (placingIn(entry)["topology-key"] !== HOSTNAME_TOPOLOGY) return false;
  const there = all(entry.pods).filter(hasNode);
  return !there.some(isPlaceholderPod) && there.some(pod => !hasFinished(pod) && pod.spec!.nodeName === node);
}

interface OneRun {
  /** As text, see run-key.ts. */
  key: string;
  entry: Entry;
}

const keepsOff = (one: OneRun, other: OneRun): boolean => {
  const placing = placingIn(one.entry);
  return (
    placing.isolation === "required" &&
    (placing["isolation-scope"] === "cluster" ||
      fromText(one.key).namespace === fromText(other.key).namespace)
  );
};

/**
 * @param here the run whose placeholder is on the node
 * @param others those that may have pods there
 * @returns the name of a run whose node it is by right
 */
export function strandedOn(node: string, here: OneRun, others: readonly OneRun[]): string | undefined {
  // Of a run that is over a pod may be left: it goes by itself.
  if (!hasRunOrPlaceholder(here.entry)) return undefined;
  const found = others.find(
    other => isStranded(other.entry, node) && (keepsOff(here, other) || keepsOff(other, here)),
  );
  return found && fromText(found.key).name;
}
