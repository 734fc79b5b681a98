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
import type { Choices } from "../choices/choices";
import { PENDING } from "../keys";
import type { PipelineRun, TaskRun } from "../tekton/objects";

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
export async function holdNew(request: RunRequest, cluster: Cluster, defaults: Choices): Promise<void> {
  const run = request.Raw as PipelineRun;
  const namespace = dependsOnNamespace(run)
    ? await cluster.readNamespace(request.Request.namespace ?? "")
    : undefined;
  apply(request, admitCreation(run, isNamespaceOptedIn(namespace?.metadata?.labels), defaults));
}

/** A run whose Pending somebody else lifts before it is placed, or that is opted in too late. */
export function holdOn(request: RunRequest): void {
  const before = (request.OldResource ?? {}) as PipelineRun;
  apply(request, admitUpdate(before, request.Raw as PipelineRun, new Date()));
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

export function refuseUnknown(request: PeprValidateRequest<GenericKind>) {
  const problems = refusals(request.Raw as PipelineRun);
  return problems.length === 0 ? request.Approve() : request.Deny(problems.join("; "), 422);
}
