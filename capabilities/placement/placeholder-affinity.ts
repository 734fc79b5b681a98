/** Where a placeholder may go: apart from other runs, and where its own run is. */
import type { V1Affinity, V1PodAffinityTerm } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL, PLACEHOLDER_LABELS } from "../keys";
import type { PipelineRun, PodTemplate } from "../tekton/objects";
import { choicesOf, type Choices } from "../choices/choices";
import { placeholderName } from "./names";
import { requiredPodTerms, withOnlyRequiredTerm } from "./required-term";

/**
 * To the run's own pods, and to the placeholder's own labels: the first pod of a group is free to go
 * anywhere, and one that is made again while pods of the run are there can only join them. So a lost
 * placeholder never splits a run, even with the operator down.
 */
function ownRunTerm(name: string, topologyKey: string): V1PodAffinityTerm {
  return { topologyKey, labelSelector: { matchLabels: { [PLACEHOLDER_LABEL]: name } } };
}

function isolationTerm(choices: Choices): V1PodAffinityTerm {
  return {
    topologyKey: choices["isolation-topology-key"],
    labelSelector: { matchLabels: PLACEHOLDER_LABELS },
    ...(choices["isolation-scope"] === "cluster" && { namespaceSelector: {} }),
  };
}

function isolated(affinity: V1Affinity, choices: Choices): V1Affinity {
  const { podAntiAffinity = {} } = affinity;
  const required = podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const preferred = podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const isolation = isolationTerm(choices);
  return {
    ...affinity,
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution:
        choices.isolation === "required" ? [...required, isolation] : required,
      preferredDuringSchedulingIgnoredDuringExecution:
        choices.isolation === "preferred"
          ? [...preferred, { weight: 100, podAffinityTerm: isolation }]
          : preferred,
    },
  };
}

/**
 * The affinity of a placeholder that has its node: made again, it joins the pods of its run.
 */
export function settledAffinity(run: PipelineRun, template: PodTemplate): V1Affinity {
  const choices = choicesOf(run.metadata?.annotations ?? {});
  const ownRun = ownRunTerm(placeholderName(run.metadata!.name!), choices["topology-key"]);
  return isolated(withOnlyRequiredTerm(template.affinity ?? {}, ownRun), choices);
}

export const hasBeenLetGo = (run: PipelineRun): boolean =>
  run.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;

/**
 * The affinity with which a placeholder looks for its node. When the run requires pod affinity of its
 * own, that comes first and the placeholder is settled once it is bound; otherwise, and for a run that
 * has been let go already, it is settled from the start. It cannot require both, see required-term.ts.
 */
export function firstAffinity(run: PipelineRun, template: PodTemplate): V1Affinity {
  if (hasBeenLetGo(run) || requiredPodTerms(template.affinity).length === 0)
    return settledAffinity(run, template);
  return isolated(template.affinity!, choicesOf(run.metadata?.annotations ?? {}));
}
