/** What a decision is made on: all that is known of a run, and whether that is enough. */
import type { V1Pod } from "@kubernetes/client-node";
import type { Flags } from "../tekton/assistant";
import { hasNode, type Observed } from "../phases/observed";
import type { NodeState } from "../placement/node-state";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import type { NodeRoom } from "../placement/node-room";
import { isHeldByUs } from "../tekton/objects";
import { all, only, type Entry } from "./entry";
import type { NodeStore } from "./nodes";
import { hasWholeSpec } from "./slim-run";

export interface Look {
  observed: Observed;
  /** Whether it has to be read afresh before anything is decided on it. */
  isComplete: boolean;
  /** Whether the run's spec is there in full. */
  isWhole: boolean;
}

/** What other runs have on the placeholder's node. */
export interface Neighbours {
  /** The name of another run whose node it is by right, see stranded.ts. */
  strandedOn(node: string): string | undefined;
  /** See node-room.ts. */
  roomBeside(placeholder: V1Pod): NodeRoom | undefined;
}

/** Of the nodes that pods of the run are on, those that are not as they should be. */
function nodeStates(
  pods: readonly V1Pod[],
  nodes: NodeStore,
  neighbours: Neighbours,
): ReadonlyMap<string, NodeState> | undefined {
  const found = new Map<string, NodeState>();
  for (const pod of pods) {
    const name = pod.spec?.nodeName;
    const state = name ? nodes.stateFor(pod) : undefined;
    if (state !== undefined && found.get(name!)?.isFull !== true) found.set(name!, state);
  }
  const node = pods.find(isPlaceholderPod)?.spec?.nodeName;
  const run = node && nodes.areKnown ? neighbours.strandedOn(node) : undefined;
  if (run !== undefined) found.set(node!, { ...found.get(node!), isOfRun: run });
  return found.size > 0 ? found : undefined;
}

function roomBeside(pods: readonly V1Pod[], neighbours: Neighbours): NodeRoom | undefined {
  const placeholder = pods.find(pod => isPlaceholderPod(pod) && hasNode(pod));
  return placeholder && neighbours.roomBeside(placeholder);
}

export function lookAt(
  entry: Entry | undefined,
  { coschedule, hasTektonOperator }: Flags,
  nodes: NodeStore,
  neighbours: Neighbours,
): Look {
  const run = only(entry?.run);
  const observed: Observed = {
    run,
    statefulSet: only(entry?.statefulSet),
    pods: all(entry?.pods),
    taskRuns: all(entry?.taskRuns),
    customRuns: all(entry?.customRuns),
    children: all(entry?.children),
    coschedule,
    hasTektonOperator,
  };
  if (entry?.podMissingSince !== undefined) observed.podMissingSince = entry.podMissingSince;
  if (entry?.runSeenSince !== undefined) observed.runSeenSince = entry.runSeenSince;
  const states = nodeStates(observed.pods, nodes, neighbours);
  if (states !== undefined) observed.nodeStates = states;
  const room = run !== undefined && isHeldByUs(run) ? roomBeside(observed.pods, neighbours) : undefined;
  if (room !== undefined) observed.nodeRoom = room;
  return {
    observed,
    isComplete: entry === undefined || (entry.isComplete && !entry.isStale),
    isWhole: run !== undefined && hasWholeSpec(run),
  };
}
