/** What happens to each run: its shape, its choices, and what people and other controllers do to it. */
import { Chance } from "../chance";
import { generatedSpec } from "./graphs";

/** Recordings whose run ends by itself, within seconds. */
export const RECORDED = [
  "failing",
  "finally",
  "four-tasks",
  "matrix",
  "nested",
  "pod-templates",
  "retries",
  "sidecar",
  "task-resources",
  "timeout",
  "v1beta1",
  "workspaces",
  "custom-task",
] as const;

/** The moment in a run's life at which something is done to it. */
export const MOMENTS = ["created", "placeholder made", "placeholder bound", "running", "ended"] as const;
export type Moment = (typeof MOMENTS)[number];

export type Fate =
  | "finish"
  | "cancel"
  | "delete"
  /** Deleted, and created under the same name at once. */
  | "create again"
  /** The opt-in label is set to "false", or taken away. */
  | "withdraw"
  /** Another gate clears Pending while we hold. */
  | "lift";

export const CANCELLATIONS = ["Cancelled", "CancelledRunFinally", "StoppedRunFinally"] as const;

export interface PlannedRun {
  /** Milliseconds after the start. */
  at: number;
  namespace: string;
  name: string;
  /** A recording, or a spec of our own. */
  shape: (typeof RECORDED)[number] | { spec: object };
  annotations: Record<string, string>;
  /** Whether the run's own label opts in; the namespace may as well. */
  optIn: "true" | "false" | "none";
  /** Another gate holds first, and lets go after so many milliseconds. */
  gateMilliseconds?: number;
  /** A stranger's StatefulSet has the placeholder's name, and goes after so many milliseconds. */
  strangerMilliseconds?: number;
  fate: Fate;
  moment: Moment;
  /** After that moment, in milliseconds. */
  delay: number;
  cancellation: (typeof CANCELLATIONS)[number];
}

const PREFIX = "pod-affinity.tekton.dev/";
const ZONE = "topology.kubernetes.io/zone";

function annotations(chance: Chance): Record<string, string> {
  const kind = chance.weighted({ plain: 60, shared: 12, preferred: 6, namespace: 10, zone: 6, none: 6 });
  const chosen = {
    plain: {},
    shared: { isolation: "none" },
    preferred: { isolation: "preferred" },
    namespace: { "isolation-scope": "namespace" },
    zone: {
      "topology-key": ZONE,
      "isolation-topology-key": ZONE,
      "isolation-scope": "namespace",
    },
    none: { reservation: "none" },
  }[kind] as Record<string, string>;
  return Object.fromEntries(Object.entries(chosen).map(([key, value]) => [PREFIX + key, value]));
}

const MOMENTS_OF: Record<Exclude<Fate, "finish">, readonly Moment[]> = {
  cancel: ["created", "placeholder made", "placeholder bound", "running"],
  delete: MOMENTS,
  "create again": MOMENTS,
  withdraw: ["created", "placeholder made", "placeholder bound", "running"],
  lift: ["created", "placeholder made"],
};

/** @param namespaceOptsIn whether a run without a label of its own is opted in */
export function plannedRun(
  seed: number,
  index: number,
  where: { at: number; namespace: string; namespaceOptsIn: boolean },
): PlannedRun {
  const chance = new Chance(seed, `run ${index}`);
  const { at, namespace, namespaceOptsIn } = where;
  const fate = chance.weighted<Fate>({
    ...{ finish: 46, cancel: 12, delete: 10 },
    ...{ "create again": 18, withdraw: 8, lift: 6 },
  });
  const recorded = chance.happens(0.35);
  const beforehand = chance.weighted({ nothing: 60, gate: 20, stranger: 20 });
  const own = namespaceOptsIn
    ? chance.weighted({ true: 30, none: 60, false: 10 })
    : chance.weighted({ true: 95, false: 3, none: 2 });
  return {
    ...{ at, namespace, name: `run-${index}` },
    shape: recorded ? chance.one(RECORDED) : { spec: generatedSpec(chance) },
    annotations: annotations(chance),
    optIn: own,
    ...(beforehand === "gate" && { gateMilliseconds: chance.whole(200, 3000) }),
    ...(beforehand === "stranger" && { strangerMilliseconds: chance.whole(200, 4000) }),
    fate,
    moment: fate === "finish" ? "ended" : chance.one(MOMENTS_OF[fate]),
    delay: chance.happens(0.5) ? 0 : chance.whole(0, 800),
    cancellation: chance.one(CANCELLATIONS),
  };
}
