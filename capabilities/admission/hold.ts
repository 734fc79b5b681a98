/** PipelineRun admission: hold what is opted in, refuse what cannot be understood. */
import type { PeprMutateRequest, PeprValidateRequest } from "pepr";
import type { GenericKind } from "kubernetes-fluent-client";
import type { Cluster } from "../kube/cluster";
import {
  admitCreation,
  admitTaskRun,
  admitUpdate,
  dependsOnNamespace,
  isNamespaceOptedIn,
  refusals,
  type RunChanges,
} from "./admit";
import { queueRequests } from "../placement/queue-requests";
import { dependsOnLimits, notAllowed } from "../placement/allowed-choices";
import { defaultChoices, type Settings } from "../choices/settings";
import { PENDING } from "../keys";
import { isChild, type PipelineRun, type TaskRun } from "../tekton/objects";

type RunRequest = PeprMutateRequest<GenericKind>;

function apply(request: RunRequest, changes: RunChanges): void {
  const { metadata } = request.Raw;
  for (const label of changes.removedLabels) delete metadata?.labels?.[label];
  for (const annotation of changes.removedAnnotations) delete metadata?.annotations?.[annotation];
  for (const [key, value] of Object.entries(changes.labels)) request.SetLabel(key, value);
  for (const [key, value] of Object.entries(changes.annotations)) request.SetAnnotation(key, value);
  if (changes.hold) {
    request.Raw["spec"] = { ...(request.Raw["spec"] as object | undefined), status: PENDING };
  }
}

/**
 * A new run. Only where the run itself says neither yes nor no is its namespace read.
 *
 * @throws Error when the namespace cannot be read: the run is then refused, rather than started without
 * the affinity that its namespace asks for
 */
export async function holdNew(request: RunRequest, cluster: Cluster, settings: Settings): Promise<void> {
  const run = request.Raw as PipelineRun;
  const namespace = dependsOnNamespace(run)
    ? await cluster.surroundings.readNamespace(request.Request.namespace ?? "")
    : undefined;
  const changes = admitCreation(
    run,
    isNamespaceOptedIn(namespace?.metadata?.labels),
    defaultChoices(settings),
    settings.GATE_LABELS,
  );
  const annotations = { ...changes.annotations, ...queueRequests(run, settings.QUEUE_REQUESTS) };
  apply(request, changes.hold ? { ...changes, annotations } : changes);
}

/** A run whose Pending somebody else lifts before it is placed, or that is opted in too late. */
export function holdOn(request: RunRequest, settings: Settings): void {
  const before = (request.OldResource ?? {}) as PipelineRun;
  apply(request, admitUpdate(before, request.Raw as PipelineRun, new Date(), settings.GATE_LABELS));
}

/** A new TaskRun with a placeholder's label. */
export function freeCopy(request: RunRequest): void {
  apply(request, admitTaskRun(request.Raw as TaskRun));
}

/** Says so to whoever created it. */
export function tellFreed(request: PeprValidateRequest<GenericKind>) {
  return request.Approve([
    `the labels of pipelinerun-pod-affinity were removed: they came with a copied manifest, and this TaskRun is of no PipelineRun`,
  ]);
}

/**
 * Choices that are wrong, or that are not the run's to make. Only for one that is not the default is the namespace read.
 *
 * @throws Error when the namespace cannot be read
 */
export async function refuseUnknown(
  request: PeprValidateRequest<GenericKind>,
  cluster: () => Cluster,
  settings: Settings,
) {
  const run = request.Raw as PipelineRun;
  let problems = refusals(run);
  if (problems.length === 0 && !isChild(run) && dependsOnLimits(run, settings)) {
    const namespace = await cluster().surroundings.readNamespace(request.Request.namespace ?? "");
    problems = notAllowed(run, settings, namespace?.metadata?.annotations).map(({ problem }) => problem);
  }
  return problems.length === 0 ? request.Approve() : request.Deny(problems.join("; "), 422);
}
