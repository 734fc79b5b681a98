/** Tekton's own Affinity Assistant, which must be off for runs that are placed by this operator. */
import { usesClaims, type PipelineRun } from "./objects";

/** The values of `coschedule` in Tekton's ConfigMap feature-flags; without one Tekton takes `workspaces`. */
export type Coschedule = "workspaces" | "pipelineruns" | "isolate-pipelinerun" | "disabled";
export const TEKTON_DEFAULT_COSCHEDULE: Coschedule = "workspaces";

/** What Tekton's feature flags say, and who keeps them. */
export interface Flags {
  /** Undefined when the key or the ConfigMap is missing. */
  coschedule: string | undefined;
  hasTektonOperator: boolean;
  /** Whether results are read by a sidecar, which each pod that has any then has. */
  resultsBySidecar: boolean;
}

export interface AssistantVerdict {
  /** The assistant is on for some runs; people are told how to switch it off. */
  warn: boolean;
  /** This run would be tied to two nodes at once, and hang. */
  clash: boolean;
}

/**
 * In mode `workspaces` the assistant ties pods that use a claim; in `pipelineruns` and
 * `isolate-pipelinerun` it ties every pod of every run.
 *
 * @param coschedule the ConfigMap's value; undefined when the key or the ConfigMap is missing. A value
 * that Tekton does not know makes Tekton keep its last good one: it counts as the default.
 */
export function assistantVerdict(run: PipelineRun, coschedule: string | undefined): AssistantVerdict {
  switch (coschedule?.toLowerCase() ?? TEKTON_DEFAULT_COSCHEDULE) {
    case "disabled":
      return { warn: false, clash: false };
    case "pipelineruns":
    case "isolate-pipelinerun":
      return { warn: true, clash: true };
    default:
      return { warn: true, clash: usesClaims(run) };
  }
}

/** The API group of the objects that Tekton's own operator keeps: it owns the ConfigMap, and undoes what others write there. */
const OPERATOR_GROUP = "operator.tekton.dev";

/** Whether Tekton's operator, as in OpenShift Pipelines, has made the ConfigMap. */
export const isByTektonOperator = (owners: readonly { apiVersion: string }[] | undefined): boolean =>
  (owners ?? []).some(({ apiVersion }) => apiVersion.split("/")[0] === OPERATOR_GROUP);

/**
 * What switches the assistant off.
 *
 * @param hasOperator whether Tekton's operator manages it
 */
export function assistantFix(tektonNamespace: string, hasOperator: boolean): string {
  if (hasOperator) {
    return `kubectl patch tektonconfig config --type merge -p '{"spec":{"pipeline":{"coschedule":"disabled"}}}'`;
  }
  return `kubectl patch configmap feature-flags -n ${tektonNamespace} --type merge -p '{"data":{"coschedule":"disabled"}}'`;
}
