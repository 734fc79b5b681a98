/** The small cluster that the table is searched over: one run, its placeholder, two nodes, and what may go wrong. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Resources } from "../../demand/resources";
import type { PlannedTask } from "../../demand/task-graph";
import { hasNode, type Observed } from "../../phases/observed";
import { lacksItsPod } from "../../phases/refusal";
import { nodeRoom, type NodeRoom } from "../../placement/node-room";
import type { NodeState } from "../../placement/node-state";
import { resizable, type Reservation } from "../../room/reservation";
import { isPlaceholderPod } from "../../tekton/placeholder-pod";
import { isHeldByUs, type PipelineRun, type PipelineRunSpec, type TaskRun } from "../../tekton/objects";

/** There are but two times: now, and so long ago that no pause goes on. */
export const NOW = "2026-01-01T12:00:00.000Z";
export const LONG_AGO = "2026-01-01T06:00:00.000Z";

export const QUOTA = "exceeded quota: builds";

export const PLENTY: Resources = { cpu: 2000, memory: 2 ** 40 };

export type NodeName = "a" | "b";

export interface ModelNode {
  isThere: boolean;
  /** CPU that pods of others ask for, in thousandths. */
  strangers: number;
  /** What keeps pods from it: lost, it answers nobody. */
  says?: "cordoned" | "lost";
}

/** Never changed: what an event or a step makes of it is another one. */
export interface World {
  run: PipelineRun | undefined;
  statefulSet: V1StatefulSet | undefined;
  pods: readonly V1Pod[];
  taskRuns: readonly TaskRun[];
  nodes: Readonly<Record<NodeName, ModelNode>>;
  coschedule: string;
  /** What the namespace does not take now. */
  refuses: "nothing" | "StatefulSets" | "pods";
  /** Said to the last try, of which the next decision knows. */
  refusal: string | undefined;
  podMissingSince: string | undefined;
  /** UID of the run that Tekton has made a claim for. */
  claim: string | undefined;
  /** Told by the last step, of which the next decision knows. */
  areClaimsDone: boolean;
  /** How many more things may go wrong. */
  budget: number;
}

/** What a decision knows of the last step, and no later one. */
export const forgotten = { refusal: undefined, areClaimsDone: false } satisfies Partial<World>;

export interface Scenario {
  name: string;
  reservation: Reservation;
  /** What is counted once Tekton has resolved the run's pipeline, of which nothing was known. */
  resolved?: Reservation;
  /** Whether a quota that capped the reservation never has room for more. */
  isQuotaFull?: true;
  /** One after the other. Default: those of the reservation. */
  tasks?: readonly PlannedTask[];
  annotations?: Record<string, string>;
  spec?: PipelineRunSpec;
  /** That its pods use, and Tekton made. Default: none. */
  claim?: string;
  /** Of each node. Default: two cpus. */
  capacity?: Resources;
  /** Whether what they hold is known. */
  areNodesKnown?: false;
  /** What is done of a resize: default by the kubelet, where there is room. */
  resize?: "never shrinks" | "refused";
  /** What may go wrong, by the events' names; default: all of DISTURBANCES. */
  disturbances?: readonly string[];
  /** Whether a node that was lost never comes back. */
  isLostForGood?: boolean;
  /** How many of them one after the other. */
  budget: number;
  /** Where it begins, if not with a run that has just been held. */
  from?: (world: World) => World;
}

const known = new Map<string, object>();
const texts = new WeakMap<object, string>();

/** The one object of this content: what is worked out for it once is known for all worlds that it is in. */
export function interned<T extends object>(object: T): T {
  if (texts.has(object)) return object;
  const text = JSON.stringify(object);
  const same = known.get(text) as T | undefined;
  if (same !== undefined) return same;
  known.set(text, object);
  texts.set(object, `${known.size}`);
  return object;
}

const idOf = (object: object | undefined): string =>
  object === undefined ? "" : texts.get(interned(object))!;

/** The same for worlds between which no decision and no event can tell. */
export const keyOf = (world: World): string =>
  [
    idOf(world.run),
    idOf(world.statefulSet),
    world.pods.map(idOf).sort().join(),
    world.taskRuns.map(idOf).sort().join(),
    idOf(world.nodes.a),
    idOf(world.nodes.b),
    world.coschedule,
    world.refuses,
    world.refusal,
    world.podMissingSince,
    world.claim,
    world.areClaimsDone,
    world.budget,
  ].join("|");

export function internedWorld(world: World): World {
  return {
    ...world,
    run: world.run && interned(world.run),
    statefulSet: world.statefulSet && interned(world.statefulSet),
    pods: world.pods.map(interned),
    taskRuns: world.taskRuns.map(interned),
    nodes: { a: interned(world.nodes.a), b: interned(world.nodes.b) },
  };
}

function nodeStateOf({ isThere, says }: ModelNode): NodeState | undefined {
  if (!isThere) return { isGone: true };
  if (says === "cordoned") return { isUnschedulable: true };
  return says === "lost" ? { notReady: { status: "Unknown", since: LONG_AGO } } : undefined;
}

/** Of nodes that pods are on. */
function nodeStatesOf({ pods, nodes }: World): Map<string, NodeState> {
  const names = new Set(pods.flatMap(({ spec }) => (spec?.nodeName as NodeName | undefined) ?? []));
  return new Map(
    [...names].flatMap((name): [string, NodeState][] => {
      const state = nodeStateOf(nodes[name]);
      return state === undefined ? [] : [[name, state]];
    }),
  );
}

/** Of strangers' pods nothing is known. */
function nodeRoomOf({ run, pods }: World, { capacity = PLENTY }: Scenario): NodeRoom | undefined {
  const placeholder = pods.find(pod => isPlaceholderPod(pod) && hasNode(pod));
  if (placeholder === undefined || run === undefined || !isHeldByUs(run)) return undefined;
  return nodeRoom(placeholder, resizable(capacity), pods);
}

export function observedOf(world: World, scenario: Scenario): Observed {
  const observed: Observed = {
    run: world.run,
    statefulSet: world.statefulSet,
    pods: [...world.pods],
    taskRuns: [...world.taskRuns],
    customRuns: [],
    children: [],
    coschedule: world.coschedule,
  };
  if (world.refusal !== undefined) observed.refusal = world.refusal;
  if (world.areClaimsDone) observed.areClaimsDone = true;
  if (world.podMissingSince !== undefined) observed.podMissingSince = new Date(world.podMissingSince);
  const room = scenario.areNodesKnown === false ? undefined : nodeRoomOf(world, scenario);
  if (room !== undefined) observed.nodeRoom = room;
  const states = nodeStatesOf(world);
  if (states.size > 0) observed.nodeStates = states;
  if (world.refuses === "pods" && lacksItsPod(observed, new Date(NOW))) observed.podRefusal = QUOTA;
  return observed;
}
