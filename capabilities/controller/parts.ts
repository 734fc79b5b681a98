/** What carrying out a step takes, and what comes of it. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import type { Settings } from "../choices/settings";
import type { TektonDefaults } from "../demand/tekton-defaults";
import type { Cluster } from "../kube/cluster";
import type { Observed } from "../phases/observed";
import { hasWholeTemplate } from "../store/slim-stateful-set";
import type { Store } from "../store/store";
import type { PipelineRun } from "../tekton/objects";
import type { RunKey } from "../tekton/run-key";
import type { Warning } from "../tekton/warning";
import { Outdated } from "./failure";
import type { Teller } from "./teller";

export interface Parts {
  cluster: Cluster;
  settings: Settings;
  store: Store;
  /** As they are now. */
  tektonDefaults: () => TektonDefaults;
  /** The name of this process, in this life. */
  me: string;
}

export type TellLater = Pick<Teller, "tellLater">;

/** What became of a step. */
export interface Result {
  /** Whether what changed is in the store, so that the next step can follow at once. */
  goOn: boolean;
  /** What people have to know besides. */
  warnings?: Warning[];
  /** What is known besides what the store holds, for the next decision. */
  more?: Partial<Observed>;
  /** Why nothing further can be done now. */
  blocked?: string;
}

export const GO_ON: Result = { goOn: true };
export const WAIT: Result = { goOn: false };

/** The run with its whole spec, as it was when it was seen. */
export async function wholeRun(
  { cluster }: Parts,
  key: RunKey,
  { run }: Observed,
  isWhole: boolean,
): Promise<PipelineRun> {
  if (isWhole) return run!;
  const read = await cluster.readRun(key);
  if (read?.metadata?.uid !== run!.metadata!.uid) throw new Outdated("the run is not the one that was seen");
  return read!;
}

/** The StatefulSet with all that it has, as it was when it was seen. */
export async function readAsSeen(cluster: Cluster, seen: V1StatefulSet): Promise<V1StatefulSet> {
  const { uid, generation } = seen.metadata!;
  const read = await cluster.readStatefulSet(seen);
  if (read?.metadata?.uid !== uid || read?.metadata?.generation !== generation) {
    throw new Outdated("the placeholder's StatefulSet is not as it was seen");
  }
  return read!;
}

/** The StatefulSet as it was seen, with all that a change of its template or record needs. */
export const wholeStatefulSet = async (cluster: Cluster, seen: V1StatefulSet): Promise<V1StatefulSet> =>
  hasWholeTemplate(seen) ? seen : readAsSeen(cluster, seen);

/** @param attempts the annotation's value; undefined when nothing is to be written */
export async function noteAttempts(
  { cluster, store }: Parts,
  run: PipelineRun,
  attempts: string | undefined,
): Promise<void> {
  if (attempts !== undefined) store.written("run", await cluster.runs.noteAttempts(run, attempts));
}
