/**
 * Existing claims whose volumes no one node can use, alone or with what the run's pod templates demand: what a volume
 * demands of a node is its node affinity, see CheckNodeAffinity in component-helpers' storage/volume/helpers.go.
 */
import type { V1NodeSelectorTerm, V1PersistentVolume, V1Volume } from "@kubernetes/client-node";
import { objectOf, objectsOf } from "../demand/untrusted";
import { HOSTNAME_TOPOLOGY } from "../keys";
import type { PodTemplate } from "../tekton/objects";
import { uniteRequirements } from "./templates/node-requirement";
import { claimsIn, type Storage } from "./volumes";

export interface Together {
  /** For the placeholder. */
  volumes: V1Volume[];
  /** Sentences about demands that no node can meet. */
  contradictions: string[];
  /** Sentences for people. */
  notes: string[];
}

interface Demand {
  whose: string;
  template: PodTemplate;
}

function termsOf(volume: V1PersistentVolume | undefined): V1NodeSelectorTerm[] {
  const required = objectOf(objectOf(volume?.spec?.nodeAffinity)?.required);
  return objectsOf(required?.nodeSelectorTerms);
}

function demandOf(claim: string, { claims, volumes }: Storage): Demand | undefined {
  const nodeSelectorTerms = termsOf(volumes.get(claims.get(claim)?.spec?.volumeName ?? ""));
  if (nodeSelectorTerms.length === 0) return undefined;
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution } };
  return { whose: `the volume of claim ${claim}`, template: { affinity } };
}

/**
 * @param template what the placeholder takes over from the run's pod templates
 * @param topologyKey over a zone or rack each pod may have a node of its own: what no one node can meet is left out of
 * the placeholder, unless it is about the zone itself
 */
export function claimsTogether(
  volumes: readonly V1Volume[],
  storage: Storage,
  template: PodTemplate,
  topologyKey: string,
): Together {
  let demands: Demand[] = [{ whose: "the run's pods", template }];
  const together: Together = { volumes: [], contradictions: [], notes: [] };
  for (const volume of volumes) {
    const demand = claimsIn([volume]).map(claim => demandOf(claim, storage))[0];
    const more = demand === undefined ? demands : [...demands, demand];
    const contradictions = demand === undefined ? [] : uniteRequirements(more).contradictions;
    if (contradictions.length === 0) {
      demands = more;
      together.volumes.push(volume);
      continue;
    }
    const texts = contradictions.map(({ text }) => text);
    const isNever =
      topologyKey === HOSTNAME_TOPOLOGY || contradictions.some(({ key }) => key === topologyKey);
    if (isNever) together.contradictions.push(...texts);
    else together.notes.push(`The placeholder leaves out ${demand!.whose}: ${texts.join("; ")}.`);
  }
  return together;
}
