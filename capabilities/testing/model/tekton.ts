/** Tekton, the StatefulSet controller and the garbage collector of the model's cluster. */
import type { V1Pod } from "@kubernetes/client-node";
import type { PlannedTask } from "../../demand/task-graph";
import { PLACEHOLDER_LABEL, PLACEHOLDER_LABELS } from "../../keys";
import { hasEnded, isPending, usesClaims } from "../../tekton/objects";
import { taskPod, taskRunOf } from "../builders";
import { happens, type Happenings } from "./event";
import {
  answers,
  changed,
  freshUid,
  joins,
  nodeOf,
  ownPods,
  PLACEHOLDER,
  pinOf,
  runPods,
  withoutPod,
  withPod,
} from "./objects";
import { NOW, type Scenario, type World } from "./world";

const tasksOf = ({ tasks, reservation }: Scenario): readonly PlannedTask[] => tasks ?? reservation.tasks;

const isUnderWay = ({ run }: World): boolean =>
  run !== undefined && !isPending(run) && !hasEnded(run) && run.metadata!.deletionTimestamp === undefined;

const isCancelled = ({ run }: World): boolean => run!.spec?.status?.startsWith("Cancelled") === true;

const uidOf = ({ run }: World): string => run!.metadata!.uid!;

/** Tasks come one after the other. */
export const makesTaskRun: Happenings = (world, scenario) => {
  if (!isUnderWay(world) || isCancelled(world)) return [];
  const own = world.taskRuns;
  if (!own.every(hasEnded) || own.length >= tasksOf(scenario).length) return [];
  const { name } = tasksOf(scenario)[own.length]!;
  const taskRun = changed(taskRunOf(name), ({ metadata }) => {
    const owner = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", name: "build", uid: uidOf(world) };
    metadata!.ownerReferences = [{ ...owner, controller: true }];
    const placeholder = world.run!.metadata!.labels![PLACEHOLDER_LABEL];
    if (placeholder !== undefined) metadata!.labels![PLACEHOLDER_LABEL] = placeholder;
  });
  const run = changed(world.run!, copy => (copy.status = { ...copy.status, startTime: NOW }));
  // Before its first task; one of the name that is there already is taken as it is.
  const claim = own.length === 0 && usesClaims(run) ? uidOf(world) : world.claim;
  return [
    { name: "Tekton makes the next TaskRun", world: { ...world, run, taskRuns: [...own, taskRun], claim } },
  ];
};

/** Before its tasks come, or a moment after. */
export const resolvesPipeline: Happenings = happens("Tekton resolves the pipeline", (world, { resolved }) => {
  if (resolved === undefined || !isUnderWay(world) || world.run!.status?.pipelineSpec) return undefined;
  const run = changed(world.run!, copy => (copy.status = { ...copy.status, pipelineSpec: {} }));
  return { ...world, run };
});

/** Also again, for one that was lost with its node. Without our label it is nothing that we see. */
export const makesPod: Happenings = (world, scenario) => {
  if (!isUnderWay(world) || isCancelled(world)) return [];
  const taskRun = world.taskRuns.find(one => !hasEnded(one));
  if (taskRun === undefined || runPods(world).length > 0) return [];
  if (taskRun.metadata!.labels![PLACEHOLDER_LABEL] === undefined) return [];
  const task = tasksOf(scenario)[world.taskRuns.indexOf(taskRun)]!;
  const pod = changed(taskPod(taskRun, task.each), copy => {
    copy.metadata!.uid = "of-run";
    copy.status!.phase = "Pending";
    copy.metadata!.labels![PLACEHOLDER_LABEL] = PLACEHOLDER;
    const { claim } = scenario;
    if (claim !== undefined) {
      copy.spec!.volumes = [{ name: "claim", persistentVolumeClaim: { claimName: claim } }];
    }
  });
  return [{ name: "Tekton makes the task's pod", world: withPod(world, pod) }];
};

const endedTaskRuns = (world: World): World => ({
  ...world,
  taskRuns: world.taskRuns.map(one =>
    changed(one, copy => (copy.status = { conditions: [{ type: "Succeeded", status: "True" }] })),
  ),
});

/** Of a run that is over as well. */
export const taskEnds: Happenings = happens("the task ends", world => {
  const mayEnd = (one: V1Pod): boolean => nodeOf(one) !== undefined || !isUnderWay(world);
  const pod = runPods(world).find(one => mayEnd(one) && answers(world, one));
  if (pod !== undefined) return endedTaskRuns(withoutPod(world, pod));
  const [taskRun] = world.taskRuns.filter(one => !hasEnded(one));
  if (taskRun === undefined || runPods(world).length > 0) return undefined;
  const isUnseen = taskRun.metadata!.labels![PLACEHOLDER_LABEL] === undefined;
  // Tekton cancels those that have no pod yet as well.
  const isStopped = world.run !== undefined && (hasEnded(world.run) || isCancelled(world));
  return isStopped || (isUnderWay(world) && isUnseen) ? endedTaskRuns(world) : undefined;
});

export const runEnds: Happenings = happens("the run ends", (world, scenario) => {
  if (!isUnderWay(world)) return undefined;
  const tasks = tasksOf(scenario);
  const isDone = world.taskRuns.length >= tasks.length && world.taskRuns.every(hasEnded);
  if (!isDone && !isCancelled(world)) return undefined;
  const status = isDone ? "True" : "False";
  return {
    ...world,
    run: changed(world.run!, copy => {
      copy.status = { ...copy.status, conditions: [{ type: "Succeeded", status }] };
    }),
  };
});

/** @returns undefined where none is to be made, or it is refused */
export function withMadePod(world: World): World | undefined {
  const { statefulSet, refuses } = world;
  if (statefulSet === undefined || refuses === "pods" || ownPods(world).length > 0) return undefined;
  if (statefulSet.metadata!.deletionTimestamp !== undefined) return undefined;
  const { spec } = statefulSet.spec!.template;
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "s", uid: statefulSet.metadata!.uid! };
  const pod: V1Pod = {
    metadata: {
      name: `${PLACEHOLDER}-0`,
      labels: { ...PLACEHOLDER_LABELS, [PLACEHOLDER_LABEL]: PLACEHOLDER },
      uid: freshUid(world),
      generation: 1,
      // Of its affinity nothing but this is asked.
      annotations: { joins: `${joins(spec!)}`, pin: pinOf(spec!) ?? "" },
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: { containers: spec!.containers },
    status: { phase: "Pending" },
  };
  return { ...withPod(world, pod), podMissingSince: undefined };
}

export const controllerMakesPod: Happenings = happens("the StatefulSet's pod is made", withMadePod);

/** A pod whose StatefulSet is gone, or that was deleted and had yet to stop. */
export const podGoes: Happenings = happens("a pod that was to go is gone", world => {
  const uid = world.statefulSet?.metadata!.uid;
  const pod = ownPods(world).find(
    one =>
      answers(world, one) &&
      (one.metadata!.deletionTimestamp !== undefined ||
        !one.metadata!.ownerReferences!.some(owner => owner.uid === uid)),
  );
  return pod && withoutPod(world, pod);
});

export const collected: Happenings = happens("the StatefulSet is collected", world => {
  const { statefulSet, run } = world;
  if (statefulSet === undefined) return undefined;
  const { deletionTimestamp, ownerReferences = [] } = statefulSet.metadata!;
  const isLeft = ownerReferences.length > 0 && !ownerReferences.some(({ uid }) => uid === run?.metadata!.uid);
  if (deletionTimestamp === undefined && !isLeft) return undefined;
  return { ...world, statefulSet: undefined, podMissingSince: undefined };
});
