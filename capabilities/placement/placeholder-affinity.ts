/** Where a placeholder may go: apart from other runs, and where its own run is. */
import type { V1Affinity, V1PodAffinityTerm } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL, PLACEHOLDER_LABELS } from "../keys";
import type { PipelineRun, PodTemplate } from "../tekton/objects";
import { placeholderName } from "./names";
import type { Placing } from "./record";
import { requiredPodTerms, withOnlyRequiredTerm } from "./required-term";

/**
 * To the run's own pods, and to the placeholder's own labels: the first pod of a group is free to go
 * anywhere, and one that is made again while pods of the run are there can only join them. So a lost
 * placeholder never splits a run, even with the operator down.
 */
function ownRunTerm(name: string, topologyKey: string): V1PodAffinityTerm {
  return { topologyKey, labelSelector: { matchLabels: { [PLACEHOLDER_LABEL]: name } } };
}

/**
 * Apart from placeholders of other runs. One term: of several, the scheduler looks again only when a pod goes that matches
 * them all (isSchedulableAfterPodChange of its interpodaffinity plugin), and after five minutes.
 */
function isolationTerm(placing: Placing): V1PodAffinityTerm {
  const term: V1PodAffinityTerm = {
    topologyKey: placing["isolation-topology-key"],
    labelSelector: { matchLabels: PLACEHOLDER_LABELS },
  };
  return placing["isolation-scope"] === "cluster" ? { ...term, namespaceSelector: {} } : term;
}

function isolated(affinity: V1Affinity, placing: Placing): V1Affinity {
  const { podAntiAffinity = {} } = affinity;
  const required = podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const preferred = podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const isolation = isolationTerm(placing);
  return {
    ...affinity,
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution:
        placing.isolation === "required" ? [...required, isolation] : required,
      preferredDuringSchedulingIgnoredDuringExecution:
        placing.isolation === "preferred"
          ? [...preferred, { weight: 100, podAffinityTerm: isolation }]
          : preferred,
    },
  };
}

/** What the run's templates demand, apart from other runs: decided once, when the placeholder is made. */
export const decidedAffinity = (template: PodTemplate, placing: Placing): V1Affinity =>
  isolated(template.affinity ?? {}, placing);

/**
 * The affinity of a placeholder that has its node: made again, it joins the pods of its run.
 *
 * @param name the placeholder's
 */
export const settledAffinity = (name: string, decided: V1Affinity, placing: Placing): V1Affinity =>
  withOnlyRequiredTerm(decided, ownRunTerm(name, placing["topology-key"]));

export const hasBeenLetGo = (run: PipelineRun): boolean =>
  run.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;

/**
 * The affinity with which a placeholder looks for its node. When the run requires pod affinity of its
 * own, that comes first and the placeholder is settled once it is bound; otherwise, and for a run that
 * has been let go already, it joins its run from the start. It cannot require both, see required-term.ts.
 */
export function firstAffinity(run: PipelineRun, decided: V1Affinity, placing: Placing): V1Affinity {
  const joinsAtOnce = hasBeenLetGo(run) || requiredPodTerms(decided).length === 0;
  return joinsAtOnce ? settledAffinity(placeholderName(run.metadata!.name!), decided, placing) : decided;
}

/** Whether the affinity of a placeholder lets it go nowhere but to its run's pods, where there are any. */
export function joinsItsRun(affinity: V1Affinity | undefined, name: string): boolean {
  return requiredPodTerms(affinity).some(
    term => term.labelSelector?.matchLabels?.[PLACEHOLDER_LABEL] === name,
  );
}
