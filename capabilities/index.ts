/** Every binding of the operator: what it sees, and which file decides about it. */
import { a, Capability, type PeprValidateRequest } from "pepr";
import type { GenericKind } from "kubernetes-fluent-client";
import { Cluster } from "./kube/cluster";
import { colocate } from "./admission/colocate";
import { parseSettings } from "./choices/settings";
import { Controller } from "./controller/controller";
import { ungate } from "./admission/ungate";
import { freeCopy, holdNew, holdOn, refuseUnknown, tellFreed } from "./admission/hold";
import {
  COMPONENT_LABEL,
  CONFIG_DEFAULTS,
  FEATURE_FLAGS,
  FREED_ANNOTATION,
  OPT_IN_LABEL,
  OPTED_IN,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
} from "./keys";
import { flagsOf } from "./kube/feature-flags";
import { kubeConnection } from "./kube/client";
import { tellOf } from "./controller/gauges";
import { watchesOf } from "./store/watches";
import type { Store } from "./store/store";
import { lead } from "./leader/lead";
import type { Leader } from "./leader/leader";
import { PipelineRunV1, PipelineRunV1Beta1, TaskRunV1, TaskRunV1Beta1 } from "./tekton/kinds";
import { PIPELINE_RUN_V1, PIPELINE_RUN_V1BETA1, TASK_RUN_V1, TASK_RUN_V1BETA1 } from "./tekton/objects";

const settings = parseSettings(process.env);

/** Made on first use: `pepr build` loads this file where there is no cluster. */
let parts: { cluster: Cluster; controller: Controller } | undefined;
let leader: Leader | undefined;
function running() {
  if (parts === undefined) {
    const connection = kubeConnection({
      maxConnections: settings.MAX_CONNECTIONS,
      requestTimeoutMilliseconds: settings.REQUEST_TIMEOUT_SECONDS * 1000,
      mayWrite: () => leader?.leads() === true,
    });
    const cluster = new Cluster(connection.clients, settings.TEKTON_NAMESPACE);
    const watchesFor = (store: Store) =>
      watchesOf(store, cluster, connection.kubeConfig, settings.MOVES === "enabled");
    parts = { cluster, controller: new Controller(cluster, settings, watchesFor) };
  }
  return parts;
}

/** Lets the controller work whenever this process holds the Lease; for the process that watches. */
export function startController(): void {
  const { controller } = running();
  leader = lead(controller, settings);
  tellOf(controller, leader);
}

export const PodAffinity = new Capability({
  name: "pod-affinity",
  description: "Puts all pods of an opted-in PipelineRun on one node, and different runs on different nodes.",
});

const { When } = PodAffinity;

const refuse = (request: PeprValidateRequest<GenericKind>) =>
  refuseUnknown(request, () => running().cluster, settings);

// Admission: hold.
When(PipelineRunV1, PIPELINE_RUN_V1)
  .IsCreated()
  .Mutate(request => holdNew(request, running().cluster, settings))
  .Validate(refuse);
When(PipelineRunV1Beta1, PIPELINE_RUN_V1BETA1)
  .IsCreated()
  .Mutate(request => holdNew(request, running().cluster, settings))
  .Validate(refuse);
When(PipelineRunV1, PIPELINE_RUN_V1)
  .IsUpdated()
  .WithLabel(OPT_IN_LABEL, OPTED_IN)
  .Mutate(request => holdOn(request, settings));
When(PipelineRunV1Beta1, PIPELINE_RUN_V1BETA1)
  .IsUpdated()
  .WithLabel(OPT_IN_LABEL, OPTED_IN)
  .Mutate(request => holdOn(request, settings));

// Admission: free what was copied.
When(TaskRunV1, TASK_RUN_V1).IsCreated().WithLabel(PLACEHOLDER_LABEL).Mutate(freeCopy);
When(TaskRunV1, TASK_RUN_V1).IsCreated().WithAnnotation(FREED_ANNOTATION).Validate(tellFreed);
When(TaskRunV1Beta1, TASK_RUN_V1BETA1).IsCreated().WithLabel(PLACEHOLDER_LABEL).Mutate(freeCopy);
When(TaskRunV1Beta1, TASK_RUN_V1BETA1).IsCreated().WithAnnotation(FREED_ANNOTATION).Validate(tellFreed);

// Admission: co-locate.
When(a.Pod).IsCreated().WithLabel(PLACEHOLDER_LABEL).Mutate(colocate);

// Admission: let placeholders go that Kueue has gated.
When(a.Pod).IsCreated().WithLabel(COMPONENT_LABEL, PLACEHOLDER_COMPONENT).Mutate(ungate);

// Controller: runs, pods and TaskRuns are told by the module's own watches (store/watches.ts), which keep no objects.
When(a.StatefulSet)
  .IsDeleted()
  .WithLabel(COMPONENT_LABEL, PLACEHOLDER_COMPONENT)
  .Watch(placeholder => running().controller.statefulSetGone(placeholder));
When(a.ConfigMap)
  .IsCreatedOrUpdated()
  .InNamespace(settings.TEKTON_NAMESPACE)
  .WithName(FEATURE_FLAGS)
  .Watch(flags => running().controller.flagsChanged(flagsOf(flags)));
// Without one Tekton's own defaults count again.
When(a.ConfigMap)
  .IsDeleted()
  .InNamespace(settings.TEKTON_NAMESPACE)
  .WithName(FEATURE_FLAGS)
  .Watch(() => running().controller.flagsChanged(flagsOf(undefined)));
When(a.ConfigMap)
  .IsCreatedOrUpdated()
  .InNamespace(settings.TEKTON_NAMESPACE)
  .WithName(CONFIG_DEFAULTS)
  .Watch(defaults => running().controller.defaultsChanged(defaults.data));
When(a.ConfigMap)
  .IsDeleted()
  .InNamespace(settings.TEKTON_NAMESPACE)
  .WithName(CONFIG_DEFAULTS)
  .Watch(() => running().controller.defaultsChanged(undefined));
