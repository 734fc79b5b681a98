/** Every binding of the operator: what it sees, and which file decides about it. */
import { a, Capability } from "pepr";
import { Cluster } from "./kube/cluster";
import { colocate } from "./admission/colocate";
import { defaultChoices, parseSettings } from "./choices/settings";
import { Controller, rootRunOf } from "./controller/controller";
import { freeCopy, holdNew, holdOn, refuseUnknown, tellFreed } from "./admission/hold";
import {
  COMPONENT_LABEL,
  FEATURE_FLAGS,
  FREED_ANNOTATION,
  HELD_LABEL,
  OPT_IN_LABEL,
  OPTED_IN,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
} from "./keys";
import { kubeClients } from "./kube/client";
import { lead } from "./leader/lead";
import type { Leader } from "./leader/leader";
import {
  PIPELINE_RUN_V1,
  PIPELINE_RUN_V1BETA1,
  PipelineRunV1,
  PipelineRunV1Beta1,
  TASK_RUN_V1,
  TASK_RUN_V1BETA1,
  TaskRunV1,
  TaskRunV1Beta1,
} from "./tekton/objects";

const settings = parseSettings(process.env);

const defaults = defaultChoices(settings);

/** Made on first use: `pepr build` loads this file where there is no cluster. */
let parts: { cluster: Cluster; controller: Controller } | undefined;
let leader: Leader | undefined;
function running() {
  if (parts === undefined) {
    const clients = kubeClients({
      maxConnections: settings.MAX_CONNECTIONS,
      requestTimeoutMilliseconds: settings.REQUEST_TIMEOUT_SECONDS * 1000,
      mayWrite: () => leader?.leads() === true,
    });
    const cluster = new Cluster(clients, settings.TEKTON_NAMESPACE);
    parts = { cluster, controller: new Controller(cluster, settings) };
  }
  return parts;
}

/** Lets the controller work whenever this process holds the Lease; for the process that watches. */
export function startController(): void {
  leader = lead(running().controller, settings);
}

export const PodAffinity = new Capability({
  name: "pod-affinity",
  description: "Puts all pods of an opted-in PipelineRun on one node, and different runs on different nodes.",
});

const { When } = PodAffinity;

// Admission: hold.
When(PipelineRunV1, PIPELINE_RUN_V1)
  .IsCreated()
  .Mutate(request => holdNew(request, running().cluster, defaults))
  .Validate(refuseUnknown);
When(PipelineRunV1Beta1, PIPELINE_RUN_V1BETA1)
  .IsCreated()
  .Mutate(request => holdNew(request, running().cluster, defaults))
  .Validate(refuseUnknown);
When(PipelineRunV1, PIPELINE_RUN_V1).IsUpdated().WithLabel(OPT_IN_LABEL, OPTED_IN).Mutate(holdOn);
When(PipelineRunV1Beta1, PIPELINE_RUN_V1BETA1).IsUpdated().WithLabel(OPT_IN_LABEL, OPTED_IN).Mutate(holdOn);

// Admission: free what was copied.
When(TaskRunV1, TASK_RUN_V1).IsCreated().WithLabel(PLACEHOLDER_LABEL).Mutate(freeCopy);
When(TaskRunV1, TASK_RUN_V1).IsCreated().WithAnnotation(FREED_ANNOTATION).Validate(tellFreed);
When(TaskRunV1Beta1, TASK_RUN_V1BETA1).IsCreated().WithLabel(PLACEHOLDER_LABEL).Mutate(freeCopy);
When(TaskRunV1Beta1, TASK_RUN_V1BETA1).IsCreated().WithAnnotation(FREED_ANNOTATION).Validate(tellFreed);

// Admission: co-locate.
When(a.Pod).IsCreated().WithLabel(PLACEHOLDER_LABEL).Mutate(colocate);

// Controller: whatever happens to a run, its placeholder or its pods only queues the run.
When(PipelineRunV1, PIPELINE_RUN_V1)
  .IsCreatedOrUpdated()
  .WithLabel(HELD_LABEL)
  .Watch(run => running().controller.see({ namespace: run.metadata!.namespace!, name: run.metadata!.name! }));
When(a.StatefulSet)
  .IsDeleted()
  .WithLabel(COMPONENT_LABEL, PLACEHOLDER_COMPONENT)
  .Watch(placeholder => running().controller.see(rootRunOf(placeholder)));
When(a.Pod)
  .IsCreatedOrUpdated()
  .WithLabel(PLACEHOLDER_LABEL)
  .Watch(pod => running().controller.see(rootRunOf(pod), "continued"));
When(TaskRunV1, TASK_RUN_V1)
  .IsCreatedOrUpdated()
  .WithLabel(PLACEHOLDER_LABEL)
  .Watch(taskRun => running().controller.see(rootRunOf(taskRun), "continued"));
When(a.ConfigMap)
  .IsCreatedOrUpdated()
  .InNamespace(settings.TEKTON_NAMESPACE)
  .WithName(FEATURE_FLAGS)
  .Watch(() => running().controller.lookAtAll());
