/** The beginnings of the search: each what a run needs, and what may go wrong with it. */
import { UNREAD_PIPELINE } from "../../demand/expand";
import { HELD_LABEL, KEY_PREFIX, OPTED_IN_LATE } from "../../keys";
import type { Reservation } from "../../room/reservation";
import { placeholderOf, planned } from "../builders";
import { changed } from "./objects";
import { QUEUE_STATE_LABEL } from "./people";
import type { Scenario, World } from "./world";

const MEMORY = 2 ** 24;
const floor = { cpu: 10, memory: MEMORY };

/** Its size is what people chose: it grows whenever a task has ended. */
const chosen: Reservation = { ask: { cpu: 1900, memory: MEMORY }, floor, firstWave: { cpu: 900 }, tasks: [] };
const one = (cpu: number, more = {}): Reservation => ({
  ask: { cpu, memory: MEMORY, ...more },
  floor,
  firstWave: { cpu },
  tasks: [planned("one", { cpu })],
});
const two: Reservation = {
  ask: { cpu: 1900, memory: MEMORY },
  floor,
  firstWave: { cpu: 900 },
  tasks: [planned("one", { cpu: 900 }), planned("two", { cpu: 1900 }, ["one"])],
};

/** Of a run that others left little of their quota for. */
const capped: Reservation = { ...two, ask: { cpu: 900, memory: MEMORY }, capped: { peak: two.ask } };

/** Of a pipeline that a resolver brings. */
const unknown: Reservation = {
  ask: { cpu: 500, memory: MEMORY },
  floor,
  firstWave: { cpu: 500 },
  tasks: [{ ...planned(UNREAD_PIPELINE, { cpu: 500 }), isUnknown: true }],
};

const NODES = [
  "node a is lost",
  "node a is cordoned",
  "node a answers nobody",
  "strangers fill node a",
  "strangers fill node b",
  "the placeholder's pod is evicted",
];
const ownAffinity = {
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: "zone", labelSelector: { matchLabels: { app: "cache" } } },
    ],
  },
};
const timeout = (then: string) => ({
  [`${KEY_PREFIX}placement-timeout`]: "1m",
  [`${KEY_PREFIX}on-timeout`]: then,
});

/** A StatefulSet of the placeholder's name that is not the run's. */
const withStatefulSet =
  (change: (metadata: NonNullable<ReturnType<typeof placeholderOf>["metadata"]>) => void) =>
  (world: World): World => ({
    ...world,
    statefulSet: changed(placeholderOf(world.run!), ({ metadata }) => change(metadata!)),
  });
const withRun =
  (change: (run: NonNullable<World["run"]>) => void) =>
  (world: World): World => ({ ...world, run: changed(world.run!, change) });

export const SCENARIOS: readonly Scenario[] = [
  { name: "whatever goes wrong, once", reservation: one(1000), budget: 1 },
  { name: "nodes and pods are lost", reservation: two, budget: 1, disturbances: NODES },
  {
    name: "a resolver brings its pipeline",
    reservation: unknown,
    resolved: two,
    tasks: two.tasks,
    budget: 1,
    disturbances: ["node a is lost", "strangers fill node a"],
  },
  {
    name: "a resolver brings its pipeline, and no resize is taken",
    reservation: unknown,
    resolved: two,
    tasks: two.tasks,
    budget: 1,
    disturbances: ["strangers fill node a"],
    resize: "refused",
  },
  {
    name: "a size that people chose",
    reservation: chosen,
    tasks: [planned("one", { cpu: 900 })],
    budget: 1,
    disturbances: ["strangers fill node a"],
  },
  {
    name: "a device",
    reservation: one(1000, { "example.com/gpu": 1 }),
    budget: 1,
    disturbances: NODES,
    isLostForGood: true,
    capacity: { cpu: 2000, memory: 2 ** 40, "example.com/gpu": 1 },
  },
  {
    name: "pod affinity of its own",
    reservation: two,
    budget: 1,
    disturbances: ["node a is lost", "the placeholder's pod is evicted"],
    spec: { taskRunTemplate: { podTemplate: { affinity: ownAffinity } } },
  },
  {
    name: "a kubelet that never shrinks",
    reservation: one(1000),
    budget: 1,
    disturbances: NODES,
    resize: "never shrinks",
  },
  { name: "resizes are refused", reservation: one(1000), budget: 1, disturbances: NODES, resize: "refused" },
  {
    name: "its claims go with it",
    reservation: one(1000),
    budget: 1,
    annotations: { [`${KEY_PREFIX}claims`]: "delete" },
    spec: { workspaces: [{ name: "source", volumeClaimTemplate: {} }] },
    // A run that has no placeholder when it ends keeps its claims until it is deleted.
    disturbances: [...NODES, "the run is cancelled", "the run begins to go", "the run is deleted"],
  },
  {
    name: "nodes of which nothing is known",
    reservation: two,
    budget: 1,
    disturbances: ["strangers fill node a", "the placeholder's pod is evicted"],
    areNodesKnown: false,
  },
  {
    name: "a quota had no room for all of it, and has it later",
    reservation: capped,
    budget: 1,
    disturbances: ["strangers fill node a", "the placeholder's pod is evicted"],
  },
  {
    name: "a quota that never has room for all of it",
    reservation: capped,
    budget: 1,
    disturbances: ["strangers fill node a"],
    isQuotaFull: true,
  },
  { name: "a run that fills a node to the last", reservation: one(2000), budget: 0 },
  {
    name: "it gives up when it waits too long",
    reservation: one(1000),
    budget: 1,
    annotations: timeout("run-anyway"),
  },
  {
    name: "it is cancelled when it waits too long",
    reservation: one(1000),
    budget: 1,
    disturbances: ["no pod is taken", "no StatefulSet is taken"],
    annotations: timeout("cancel"),
  },
  {
    name: "an orphan has its name",
    reservation: one(1000),
    budget: 0,
    from: withStatefulSet(metadata => delete metadata.ownerReferences),
  },
  {
    name: "a child",
    reservation: one(1000),
    budget: 0,
    from: withRun(({ metadata, spec }) => {
      const parent = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", name: "parent", uid: "p" };
      metadata!.ownerReferences = [{ ...parent, controller: true }];
      delete spec!.status;
    }),
  },
  {
    name: "opted in too late",
    reservation: one(1000),
    budget: 0,
    from: withRun(({ metadata, spec }) => {
      metadata!.labels![HELD_LABEL] = OPTED_IN_LATE;
      delete spec!.status;
    }),
  },
  {
    name: "a queue holds it as well",
    reservation: one(1000),
    budget: 0,
    from: withRun(({ metadata }) => (metadata!.labels![QUEUE_STATE_LABEL] = "queued")),
  },
  {
    name: "managed elsewhere",
    reservation: one(1000),
    budget: 0,
    from: withRun(({ spec }) => {
      spec!.managedBy = "other.example.com";
      delete spec!.status;
    }),
  },
  {
    name: "somebody else's StatefulSet has its name",
    reservation: one(1000),
    budget: 0,
    from: withStatefulSet(metadata => (metadata.labels = { app: "other" })),
  },
  {
    name: "one run after the other of the same name",
    reservation: one(1000),
    budget: 2,
    disturbances: [
      "the run is deleted",
      "the run is deleted, and orphans are kept",
      "another run of its name is made",
    ],
  },
  {
    name: "a run that needs all of a node",
    reservation: {
      ask: { cpu: 2000, memory: 4 * MEMORY },
      floor,
      firstWave: { cpu: 2000, memory: 4 * MEMORY },
      tasks: [planned("one", { cpu: 2000, memory: 4 * MEMORY })],
    },
    capacity: { cpu: 2000, memory: 4 * MEMORY },
    budget: 0,
  },
  {
    name: "pod affinity of its own, and its pod is evicted again and again",
    reservation: two,
    budget: 2,
    disturbances: ["the placeholder's pod is evicted"],
    spec: { taskRunTemplate: { podTemplate: { affinity: ownAffinity } } },
  },
  {
    name: "a cordoned node, and no pod is taken in its stead",
    reservation: two,
    budget: 2,
    disturbances: ["node a is cordoned", "no pod is taken"],
  },
  {
    name: "its claims are of one place",
    reservation: two,
    claim: "claim-1",
    budget: 1,
    disturbances: ["node a is lost", "node a is cordoned", "node a answers nobody"],
  },
  {
    name: "a lost node, from which its placeholder's pod is to go",
    reservation: one(1000),
    budget: 2,
    disturbances: ["node a answers nobody", "the placeholder's pod begins to go"],
  },
];
