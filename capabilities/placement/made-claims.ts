/**
 * The claims that Tekton makes of a run's volumeClaimTemplates, and when they are deleted with it.
 *
 * Sources: GeneratePVCNameFromWorkspaceBinding in Tekton's pkg/reconciler/volumeclaim/pvchandler.go, and
 * cleanupAffinityAssistantsAndPVCs in pkg/reconciler/pipelinerun/affinity_assistant.go. There the annotation counts with
 * `coschedule: workspaces`; with `pipelineruns` and `isolate-pipelinerun` all of them are deleted whatever it says, and
 * with `disabled`, which this operator asks for, none: so it is up to this operator.
 */
import { createHash } from "node:crypto";
import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { choicesOf } from "../choices/choices";
import { isObject, objectOf, objectsOf, textOf } from "../demand/untrusted";
import { AUTO_CLEANUP, AUTO_CLEANUP_ANNOTATION } from "../keys";
import { hasEnded, usesClaims, type PipelineRun } from "../tekton/objects";

const DIGITS = 10;

function nameOf(template: unknown, workspace: string, uid: string): string {
  const prefix = textOf(objectOf((template as Partial<V1PersistentVolumeClaim>).metadata)?.name) || "pvc";
  const digest = createHash("sha256").update(`${workspace}${uid}`).digest("hex");
  return `${prefix}-${digest.slice(0, DIGITS)}`;
}

/**
 * Names of the claims that Tekton makes for the run, or has made.
 *
 * @param run with its whole spec
 */
export function madeClaims({ metadata, spec }: PipelineRun): string[] {
  const names = objectsOf(spec?.workspaces).flatMap(({ name, volumeClaimTemplate: template }) =>
    isObject(template) ? [nameOf(template, name, metadata!.uid!)] : [],
  );
  return [...new Set(names)];
}

/** Whether it was made for this very run, and is no user's own that has its name. */
export const isMadeFor = ({ metadata }: V1PersistentVolumeClaim, run: PipelineRun): boolean =>
  (metadata?.ownerReferences ?? []).some(
    ({ controller, kind, uid }) => controller === true && kind === "PipelineRun" && uid === run.metadata!.uid,
  );

/** Whether the run asks that they go with it: by Tekton's annotation, or by ours. */
function asksForIt({ metadata }: PipelineRun): boolean {
  const annotations = metadata?.annotations ?? {};
  return annotations[AUTO_CLEANUP_ANNOTATION] === AUTO_CLEANUP || choicesOf(annotations).claims === "delete";
}

/** Whether its claims are to be deleted now; those of a run that is deleted itself go with it. */
export const losesItsClaims = (run: PipelineRun): boolean =>
  hasEnded(run) && run.metadata?.deletionTimestamp === undefined && usesClaims(run) && asksForIt(run);
