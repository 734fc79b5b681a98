import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL, ROOT_ANNOTATION } from "../keys";
import { placeholderName } from "../placement/names";
import {
  aRun,
  containerStatus,
  NO_RESERVATION,
  placeholderOf,
  placeholderPodOf,
  runPod,
} from "../testing/builders";
import { emptyStore, KEY, stored } from "../testing/stored";

const NODE = "node-1";
const MEMORY = 2 ** 24;
const allocatable = { cpu: "3920m", memory: "1Gi", pods: "110" };

interface Given {
  build?: typeof aRun;
  /** A pod of another run. */
  other?: V1Pod;
  /** What that run's placeholder asks for on the node. */
  placeholder?: Parameters<typeof placeholderPodOf>[3];
  /** What its container has still. */
  granted?: Record<string, string>;
  isNodeKnown?: boolean;
}

function runPodOn(nodeName: string, phase = "Running"): V1Pod {
  const resources = { requests: { cpu: "500m" } };
  return { ...runPod(phase), spec: { nodeName, containers: [{ name: "step", resources }] } };
}

function roomOf({ build, other, placeholder, granted, isNodeKnown = true }: Given) {
  const { store } = emptyStore();
  const { run } = build?.() ?? aRun().held();
  const neighbour = aRun().placed().run;
  neighbour.metadata!.name = "other";
  store.runs.event("ADDED", stored(run, 1));
  store.statefulSet("ADDED", stored(placeholderOf(run), 2));
  store.runs.event("ADDED", stored(neighbour, 3, "uid-of-other"));
  store.statefulSet("ADDED", stored(placeholderOf(neighbour), 4, "uid-of-its-set"));
  if (isNodeKnown) store.nodes.see(NODE, { metadata: { name: NODE }, status: { allocatable } });
  store.pods.event("ADDED", stored(placeholderPodOf(run, NODE), 5));
  if (placeholder !== undefined) {
    const pod = placeholderPodOf(neighbour, NODE, NO_RESERVATION, placeholder);
    if (granted !== undefined) pod.status!.containerStatuses = [containerStatus(granted)];
    store.pods.event("ADDED", stored(pod, 6, "uid-of-its-placeholder"));
  }
  if (other !== undefined) {
    const labels = { ...other.metadata!.labels, [PLACEHOLDER_LABEL]: placeholderName("other") };
    const metadata = { ...other.metadata, labels, annotations: { [ROOT_ANNOTATION]: "other" } };
    store.pods.event("ADDED", stored({ ...other, metadata }, 7, "uid-of-its-pod"));
  }
  return store.lookUp(KEY).observed.nodeRoom;
}
const taken = (cpu: number, memory = 0) => ({
  allocatable: { cpu: 3920, memory: 2 ** 30 },
  taken: { cpu, memory },
});

test.each<{ name: string; given: Given; room: object | undefined }>([
  { name: "is that of the node, where nothing else is there", given: {}, room: taken(0) },
  {
    name: "lacks what other placeholders ask for",
    given: { placeholder: { cpu: 300, memory: MEMORY } },
    room: taken(300, MEMORY),
  },
  {
    name: "lacks what they have still",
    given: { placeholder: { cpu: 300, memory: MEMORY }, granted: { cpu: "1", memory: "16Mi" } },
    room: taken(1000, MEMORY),
  },
  { name: "is not known where the node is not", given: { isNodeKnown: false }, room: undefined },
  {
    name: "is not asked for once the run is let go",
    given: { build: () => aRun().placed() },
    room: undefined,
  },
])("the room beside a placeholder $name", ({ given, room }) => {
  expect(roomOf(given)).toEqual(room);
});

test.each([
  { name: "there", pod: runPodOn(NODE), cpu: 500 },
  { name: "elsewhere", pod: runPodOn("node-2"), cpu: 0 },
])("pods of other runs count, that are $name", ({ pod, cpu }) => {
  expect(roomOf({ other: pod, placeholder: { cpu: 100, memory: MEMORY } })).toEqual(taken(100 + cpu, MEMORY));
});
