/** A pod of a placed run: what decides where it goes. Its containers and volumes are Tekton's to make. */
import type { V1Pod } from "@kubernetes/client-node";
import { coLocated } from "../capabilities/admission/co-location";
import { placeholderName } from "../capabilities/placement/names";
import { templateOfTask, type KnownOfRun } from "../capabilities/placement/pod-templates";
import { UNREAD_PIPELINE } from "../capabilities/demand/expand";
import type { PlannedTask } from "../capabilities/demand/task-graph";
import { PLACEHOLDER_LABEL, ROOT_ANNOTATION, TEKTON_PIPELINE_RUN_LABEL } from "../capabilities/keys";
import type { PipelineRun } from "../capabilities/tekton/objects";
import { childName, childNames, podName } from "../testbed/tekton-stand-in/names";

const TASK_LABEL = "tekton.dev/pipelineTask";
const TASK_RUN_LABEL = "tekton.dev/taskRun";

/**
 * @param held the run as it is before it is let go
 * @param task which one's; of a matrix the first pod
 */
export function examplePod(held: PipelineRun, { name, count }: PlannedTask, known: KnownOfRun): V1Pod {
  const { labels, annotations, namespace, name: runName } = held.metadata!;
  const path = name.split("/");
  const task = path.pop()!;
  // A pipeline in a pipeline is a run of its own, named after the task.
  const run = path.reduce((parent, child) => childName(parent, `-${child}`), runName!);
  const taskRun = childNames(run, task, count)[0]!;
  const isKnown = name !== UNREAD_PIPELINE;
  const pod: V1Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(isKnown && { name: podName(taskRun, 0) }),
      namespace: namespace!,
      labels: {
        ...labels,
        [PLACEHOLDER_LABEL]: placeholderName(runName!),
        [TEKTON_PIPELINE_RUN_LABEL]: run,
        ...(isKnown && { [TASK_LABEL]: task, [TASK_RUN_LABEL]: taskRun }),
      },
      annotations: { ...annotations, [ROOT_ANNOTATION]: runName! },
    },
    // Filled in by Tekton: a pod without containers is not one.
    spec: { ...templateOfTask(held.spec, isKnown ? name : undefined, known), containers: [] },
  };
  const affinity = coLocated(pod);
  return { ...pod, spec: { ...pod.spec!, ...(affinity && { affinity }) } };
}
