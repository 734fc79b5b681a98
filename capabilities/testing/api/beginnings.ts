/** For each kind of step a cluster in which it is taken, and what is written from there until nothing is left to do. */
import type { V1Pod } from "@kubernetes/client-node";
import { CLAIM_PROTECTION, KEY_PREFIX, RECORD_ANNOTATION } from "../../keys";
import { madeClaims } from "../../placement/made-claims";
import { ownContainer, resourcesFor } from "../../room/placeholder-size";
import type { StepKind } from "../../phases/steps";
import type { Reservation } from "../../room/reservation";
import { UNREAD_PIPELINE } from "../../demand/expand";
import type { Resources } from "../../demand/resources";
import type { PipelineRun } from "../../tekton/objects";
import { aRun, placeholderOf, placeholderPodOf, planned, runPod } from "../builders";
import type { Beginning } from "./lives";
import type { MemoryApi } from "./memory-api";

const MEMORY = 2 ** 24;
const floor: Resources = { cpu: 10, memory: MEMORY };
const room: Reservation = { ask: { cpu: 2000, memory: MEMORY }, floor, firstWave: { cpu: 500 }, tasks: [] };
const LONG_AGO = new Date("2020-01-01T00:00:00Z");
const OWN_AFFINITY = {
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: "zone", labelSelector: { matchLabels: { app: "cache" } } },
    ],
  },
};

interface Placed {
  run: PipelineRun;
  reservation?: Reservation;
  node?: string;
  /** What its pod asks for now, and has; default: what its StatefulSet says. */
  asked?: Resources;
  change?: (pod: V1Pod) => void;
}

/** The run with its placeholder, whose pod has what it asks for. */
function put(api: MemoryApi, { run, reservation = room, node, asked, change }: Placed): V1Pod {
  api.create("pipelineruns", run);
  api.create("statefulsets", placeholderOf(run, reservation));
  const pod = placeholderPodOf(run, node, reservation, asked);
  const ownerReferences = pod.metadata!.ownerReferences!.map(owner => ({ ...owner, controller: true }));
  pod.metadata = { ...pod.metadata, namespace: "ci", ownerReferences };
  if (node !== undefined) {
    const allocatedResources = ownContainer(pod.spec)!.resources!.requests!;
    const rest = { image: "", imageID: "", ready: true, restartCount: 0 };
    pod.status!.containerStatuses = [{ ...rest, name: "placeholder", allocatedResources }];
    pod.status!.conditions = [{ type: "PodScheduled", status: "True", lastTransitionTime: LONG_AGO }];
  }
  change?.(pod);
  return api.create("pods", pod);
}

const held = () => aRun().held();
const task = {
  name: "one",
  taskSpec: { steps: [{ image: "i", computeResources: { requests: { cpu: "1" } } }] },
};

/** With it, more is needed once the first one has ended. */
const beside = { ...task, name: "three", runAfter: ["one"] };

/** A pod of the run for which its node has no room. */
function waitingPod(): V1Pod {
  const pod = runPod("Pending");
  pod.metadata = { ...pod.metadata, namespace: "ci" };
  pod.spec = { containers: [{ name: "step", resources: resourcesFor({ cpu: 500 }, false) }] };
  const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable" };
  const aMinuteAgo = new Date(Date.now() - 60_000);
  pod.status!.conditions = [{ ...condition, message: "Insufficient cpu", lastTransitionTime: aMinuteAgo }];
  return pod;
}

export interface Case extends Beginning {
  step: Exclude<StepKind, "none">;
  /** Where there are several of one step. */
  because?: string;
  writes: readonly string[];
}

export const CASES: readonly Case[] = [
  {
    step: "make-placeholder",
    begin: api => api.create("pipelineruns", held().spec({ pipelineSpec: { tasks: [task] } } as never).run),
    writes: ["create statefulsets", "patch pipelineruns", "resize pods", "create events"],
  },
  {
    step: "make-placeholder",
    because: "it was lost while its run is under way",
    begin: api => {
      api.create(
        "pipelineruns",
        aRun()
          .placed()
          .spec({ pipelineSpec: { tasks: [task] } } as never).run,
      );
      const { metadata, spec, status } = runPod("Running");
      api.create("pods", {
        metadata: { ...metadata, namespace: "ci" },
        spec: { ...spec, nodeName: "node-1", containers: [{ name: "step" }] },
        status,
      } as V1Pod);
    },
    writes: ["create statefulsets"],
  },
  {
    step: "make-pod",
    begin: api => {
      api.create("pipelineruns", held().run);
      api.create("statefulsets", placeholderOf(held().run, room));
    },
    cluster: { makesNoPods: true },
    writes: ["create pods", "patch pipelineruns", "resize pods", "create events"],
  },
  {
    step: "settle-placeholder",
    begin: api => {
      const { run } = held().spec({ taskRunTemplate: { podTemplate: { affinity: OWN_AFFINITY } } });
      put(api, { run, node: "node-1", asked: { cpu: 1500, memory: MEMORY } });
    },
    writes: ["patch statefulsets", "patch pipelineruns", "create events"],
  },
  {
    step: "pin-placeholder",
    begin: api => {
      const reservation = { ...room, ask: { ...room.ask, "example.com/gpu": 1 } };
      put(api, { run: held().run, reservation, node: "node-1" });
    },
    writes: [
      "patch statefulsets",
      "delete pods",
      "patch statefulsets",
      "patch pipelineruns",
      "create events",
    ],
  },
  {
    step: "start-over",
    begin: api => {
      put(api, { run: aRun().placed().run, node: "node-1", asked: { cpu: 1500, memory: MEMORY } });
      api.create("pods", waitingPod());
    },
    writes: [
      ...["create events", "patch statefulsets", "delete pods"],
      ...["create events", "resize pods", "patch pipelineruns"],
    ],
  },
  {
    step: "note-node",
    begin: api => {
      const reservation: Reservation = { ask: floor, floor, firstWave: {}, tasks: [] };
      const { metadata } = put(api, { run: aRun().placed().run, reservation, node: "node-2" });
      api.change("statefulsets", metadata!.name!.replace(/-0$/, ""), copy => {
        const annotations = copy.metadata!.annotations!;
        const record = JSON.parse(annotations[RECORD_ANNOTATION]!) as object;
        annotations[RECORD_ANNOTATION] = JSON.stringify({ ...record, moves: 1, movingFrom: "node-1" });
      });
    },
    writes: ["create events", "patch pipelineruns"],
  },
  {
    step: "start-over",
    because: "of its node",
    begin: api => {
      put(api, { run: aRun().placed().run, node: "node-1", asked: { cpu: 1500, memory: MEMORY } });
      api.create("nodes", { metadata: { name: "node-1" }, spec: { unschedulable: true } });
      api.create("nodes", { metadata: { name: "node-2" }, spec: {} });
    },
    writes: [
      "create events",
      "patch statefulsets",
      "delete pods",
      "create events",
      "resize pods",
      "patch pipelineruns",
    ],
  },
  {
    step: "note-claims",
    begin: api => {
      put(api, { run: aRun().placed().run, node: "node-1", asked: { cpu: 1500, memory: MEMORY } });
      const { metadata, spec, status } = runPod("Running");
      const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "made" } }];
      const pod: V1Pod = {
        metadata: { ...metadata, namespace: "ci" },
        spec: { ...spec!, nodeName: "node-1", volumes },
        status: status!,
      };
      api.create("pods", pod);
      api.create("persistentvolumeclaims", {
        metadata: { name: "made", namespace: "ci" },
        spec: { volumeName: "disk", accessModes: ["ReadWriteOnce"] },
      });
      const term = { matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] };
      const nodeAffinity = { required: { nodeSelectorTerms: [term] } };
      api.create("persistentvolumes", { metadata: { name: "disk" }, spec: { nodeAffinity } });
    },
    writes: ["patch statefulsets"],
  },
  {
    step: "remake-pod",
    begin: api => {
      const { metadata } = put(api, { run: held().run, asked: { cpu: 1500, memory: MEMORY } });
      api.change("statefulsets", metadata!.name!.replace(/-0$/, ""), copy => {
        const annotations = copy.metadata!.annotations!;
        const record = JSON.parse(annotations[RECORD_ANNOTATION]!) as object;
        annotations[RECORD_ANNOTATION] = JSON.stringify({ ...record, moves: 1, replaces: metadata!.uid });
      });
    },
    writes: ["delete pods", "patch pipelineruns", "resize pods", "create events"],
  },
  {
    step: "resize",
    begin: api => void put(api, { run: held().run, node: "node-1" }),
    writes: ["patch pipelineruns", "resize pods", "create events"],
  },
  {
    step: "reserve-again",
    begin: api => {
      const { run } = aRun().placed();
      const status = { pipelineSpec: { tasks: [task, { ...task, name: "two", runAfter: ["one"] }, beside] } };
      const guess = { cpu: 500, memory: MEMORY };
      const tasks = [{ ...planned(UNREAD_PIPELINE, guess), isUnknown: true as const }];
      const reservation: Reservation = { ask: guess, floor, firstWave: guess, tasks };
      put(api, { run: { ...run, status }, reservation, node: "node-1", asked: floor });
    },
    writes: ["create events", "patch statefulsets", "resize pods"],
  },
  {
    step: "withdraw-growth",
    begin: api => {
      put(api, {
        run: aRun().placed().run,
        node: "node-1",
        asked: { cpu: 1000, memory: MEMORY },
        change: ({ spec, status }) => {
          ownContainer(spec)!.resources = resourcesFor({ cpu: 1500, memory: MEMORY }, false);
          status!.conditions!.push({ type: "PodResizePending", status: "True", reason: "Deferred" });
        },
      });
    },
    cluster: { mostCpu: 1000 },
    writes: ["patch statefulsets", "resize pods"],
  },
  {
    step: "release",
    begin: api => void put(api, { run: held().run, node: "node-1", asked: { cpu: 1500, memory: MEMORY } }),
    writes: ["patch pipelineruns", "create events"],
  },
  {
    step: "let-go",
    begin: api => void put(api, { run: held().optedIn("false").run }),
    writes: ["patch pipelineruns", "delete statefulsets"],
  },
  {
    step: "cancel",
    begin: api => {
      const { run } = held()
        .annotation(`${KEY_PREFIX}placement-timeout`, "1m")
        .annotation(`${KEY_PREFIX}on-timeout`, "cancel")
        .created(LONG_AGO);
      put(api, { run });
    },
    cluster: { isFull: true },
    writes: ["create events", "patch pipelineruns", "delete statefulsets"],
  },
  {
    step: "delete-claims",
    begin: api => {
      const workspaces = ["source", "cache"].map(name => ({ name, volumeClaimTemplate: {} }));
      const { run } = aRun()
        .placed()
        .ended()
        .annotation(`${KEY_PREFIX}claims`, "delete")
        .spec({ workspaces });
      put(api, { run, node: "node-1" });
      const [own, users] = madeClaims(run);
      const { kind, uid } = { kind: "PipelineRun", ...run.metadata };
      const owner = { apiVersion: "tekton.dev/v1", kind, name: "build", uid: uid!, controller: true };
      const finalizers = [CLAIM_PROTECTION];
      for (const metadata of [{ name: own!, ownerReferences: [owner] }, { name: users! }]) {
        api.create("persistentvolumeclaims", { metadata: { ...metadata, namespace: "ci", finalizers } });
      }
    },
    writes: ["delete persistentvolumeclaims", "patch persistentvolumeclaims", "delete statefulsets"],
  },
  {
    step: "delete-placeholder",
    begin: api => void put(api, { run: aRun().placed().ended().run, node: "node-1" }),
    writes: ["delete statefulsets"],
  },
  {
    step: "wait",
    begin: api => {
      api.create("pipelineruns", held().run);
      const foreign = placeholderOf(held().run);
      api.create("statefulsets", {
        ...foreign,
        metadata: {
          ...foreign.metadata,
          ownerReferences: [{ apiVersion: "v1", kind: "Other", name: "o", uid: "o", controller: true }],
        },
      });
    },
    writes: ["create events"],
  },
];
