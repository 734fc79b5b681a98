/** What people and other controllers do to the model's run, and what goes wrong in its cluster; and how it is mended. */
import { CANCELLED, OPT_IN_LABEL, PENDING } from "../../keys";
import { hasEnded, isPending } from "../../tekton/objects";
import { happens, type Happenings } from "./event";
import { agedObject, begin, changed, nodeOf, ownPods, time, withoutPod } from "./objects";
import { LONG_AGO, NOW, type NodeName, type World } from "./world";

/** Pipelines-as-Code's. */
export const QUEUE_STATE_LABEL = "pipelinesascode.tekton.dev/state";

const ROOM = 2000;

const withNode = (world: World, node: NodeName, change: Partial<World["nodes"]["a"]>): World => ({
  ...world,
  nodes: { ...world.nodes, [node]: { ...world.nodes[node], ...change } },
});

/** With all that is on it. */
function lost(world: World, node: NodeName): World | undefined {
  if (!world.nodes[node].isThere) return undefined;
  const there = world.pods.filter(pod => nodeOf(pod) === node);
  return withNode(there.reduce(withoutPod, world), node, { isThere: false, strangers: 0 });
}

function says(world: World, node: NodeName, what: "cordoned" | "lost"): World | undefined {
  const { isThere, says: before } = world.nodes[node];
  return isThere && before === undefined ? withNode(world, node, { says: what }) : undefined;
}

/** As the taint has the pod garbage collector do it: all that was to end there has ended. */
function outOfService(world: World, node: NodeName): World | undefined {
  const { isThere, says: what } = world.nodes[node];
  if (!isThere || what !== "lost") return undefined;
  const there = world.pods.filter(pod => nodeOf(pod) === node);
  const { says: _, ...rest } = world.nodes[node];
  const nodes = { ...world.nodes, [node]: { ...rest, isThere: false, strangers: 0 } };
  return { ...there.reduce(withoutPod, world), nodes };
}

function filled(world: World, node: NodeName): World | undefined {
  const { isThere, strangers } = world.nodes[node];
  return isThere && strangers === 0 ? withNode(world, node, { strangers: ROOM }) : undefined;
}

const onRun =
  (may: (world: World) => boolean, change: (run: NonNullable<World["run"]>) => void) =>
  (world: World): World | undefined =>
    world.run !== undefined && !hasEnded(world.run) && may(world)
      ? { ...world, run: changed(world.run, change) }
      : undefined;

const isHeld = ({ run }: World): boolean => isPending(run!);

function gone(world: World, keepsOrphans: boolean): World | undefined {
  if (world.run === undefined) return undefined;
  const statefulSet =
    keepsOrphans && world.statefulSet !== undefined
      ? changed(world.statefulSet, copy => delete copy.metadata!.ownerReferences)
      : world.statefulSet;
  const claim = keepsOrphans ? world.claim : undefined;
  return { ...world, run: undefined, statefulSet, taskRuns: [], claim };
}

/** Each costs one of the world's budget. */
export const DISTURBANCES: readonly Happenings[] = [
  happens("node a is lost", world => lost(world, "a")),
  happens("node a is cordoned", world => says(world, "a", "cordoned")),
  happens("node a answers nobody", world => says(world, "a", "lost")),
  happens("strangers fill node a", world => filled(world, "a")),
  happens("strangers fill node b", world => filled(world, "b")),
  happens("the placeholder's pod is evicted", world => {
    const [pod] = ownPods(world);
    return pod && withoutPod(world, pod);
  }),
  happens("the placeholder's pod begins to go", world => {
    const [pod] = ownPods(world);
    if (pod === undefined || pod.metadata!.deletionTimestamp !== undefined) return undefined;
    const going = changed(pod, ({ metadata }) => (metadata!.deletionTimestamp = time(NOW)));
    return { ...world, pods: world.pods.map(one => (one === pod ? going : one)), podMissingSince: NOW };
  }),
  happens(
    "the StatefulSet is deleted",
    world => world.statefulSet && { ...world, statefulSet: undefined, podMissingSince: undefined },
  ),
  happens("the StatefulSet begins to go", world => {
    if (world.statefulSet?.metadata!.deletionTimestamp !== undefined || !world.statefulSet) return undefined;
    const statefulSet = changed(
      world.statefulSet,
      ({ metadata }) => (metadata!.deletionTimestamp = time(NOW)),
    );
    return { ...world, statefulSet };
  }),
  happens("no StatefulSet is taken", world =>
    world.refuses === "nothing" ? { ...world, refuses: "StatefulSets" } : undefined,
  ),
  happens("no pod is taken", world =>
    world.refuses === "nothing" ? { ...world, refuses: "pods" } : undefined,
  ),
  happens("Tekton's assistant is switched on", world =>
    world.coschedule === "disabled" ? { ...world, coschedule: "pipelineruns" } : undefined,
  ),
  happens(
    "the opt-in is withdrawn",
    onRun(
      ({ run }) => run!.metadata!.labels![OPT_IN_LABEL] === "true",
      run => (run.metadata!.labels![OPT_IN_LABEL] = "false"),
    ),
  ),
  happens(
    "the run is cancelled",
    onRun(
      ({ run }) => run!.spec!.status !== CANCELLED,
      run => (run.spec!.status = CANCELLED),
    ),
  ),
  happens(
    "another gate lifts the hold",
    onRun(isHeld, run => delete run.spec!.status),
  ),
  happens(
    "another gate holds the run again",
    onRun(
      ({ run, taskRuns }) => !isPending(run!) && taskRuns.length === 0 && run!.spec!.status !== CANCELLED,
      run => (run.spec!.status = PENDING),
    ),
  ),
  happens(
    "the run begins to go",
    onRun(
      ({ run }) => run!.metadata!.deletionTimestamp === undefined,
      run => (run.metadata!.deletionTimestamp = time(NOW)),
    ),
  ),
  happens("the run is deleted", world => gone(world, false)),
  happens("another run of its name is made", (world, scenario) => {
    const run =
      world.run === undefined &&
      changed(begin(scenario).run!, ({ metadata }) => (metadata!.uid = "other-run"));
    return run ? { ...world, run } : undefined;
  }),
  happens("the run is deleted, and orphans are kept", world => gone(world, true)),
];

/** What comes to its end sooner or later. */
export const MENDED: readonly Happenings[] = [
  happens("people mark the lost node as out of service", world => outOfService(world, "a")),
  happens("the node is back", (world, { isLostForGood }) =>
    world.nodes.a.isThere || isLostForGood === true ? undefined : withNode(world, "a", { isThere: true }),
  ),
  ...(["a", "b"] as const).map(node =>
    happens(`strangers leave node ${node}`, world =>
      world.nodes[node].strangers > 0 ? withNode(world, node, { strangers: 0 }) : undefined,
    ),
  ),
  happens("all is taken again", world =>
    world.refuses === "nothing" ? undefined : { ...world, refuses: "nothing" },
  ),
  happens("Tekton's assistant is switched off", world =>
    world.coschedule === "disabled" ? undefined : { ...world, coschedule: "disabled" },
  ),
  happens(
    "its queue lets the run go",
    onRun(
      ({ run }) => run!.metadata!.labels![QUEUE_STATE_LABEL] === "queued",
      run => (run.metadata!.labels![QUEUE_STATE_LABEL] = "started"),
    ),
  ),
  happens("people delete a StatefulSet that is in the way", world =>
    world.statefulSet?.metadata!.labels!["app"] === undefined
      ? undefined
      : { ...world, statefulSet: undefined },
  ),
  happens("a run that was to go is gone", world =>
    world.run?.metadata!.deletionTimestamp === undefined ? undefined : gone(world, false),
  ),
];

/** Every pause is over. */
export const timePasses = (world: World): World => ({
  ...world,
  run: world.run && agedObject(world.run),
  statefulSet: world.statefulSet && agedObject(world.statefulSet),
  pods: world.pods.map(agedObject),
  podMissingSince: world.podMissingSince && LONG_AGO,
});
