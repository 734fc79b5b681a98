/**
 * Claims whose volumes no one node can use, alone or with what the run's pod templates demand. What a volume demands of a
 * node is its node affinity, see CheckNodeAffinity in component-helpers' storage/volume/helpers.go; one that is not made
 * yet is made where its StorageClass allows, see allowedTopologies and MatchTopologySelectorTerms there.
 */
import type { V1NodeSelectorTerm, V1StorageClass, V1Volume } from "@kubernetes/client-node";
import { objectsOf } from "../demand/untrusted";
import { HOSTNAME_TOPOLOGY } from "../keys";
import type { PodTemplate } from "../tekton/objects";
import type { ClaimTemplate } from "./claims";
import { asPlacement, uniteRequirements } from "./templates/node-requirement";
import { volumeTerms } from "./volume-places";
import { claimsIn, classOf, type Storage } from "./volumes";
import type { Kind } from "./zones";

export interface Together {
  /** For the placeholder. */
  volumes: V1Volume[];
  /** What it takes over, with what the classes of claims demand that are made for the run. */
  template: PodTemplate;
  /** Sentences about demands that no node can meet. */
  contradictions: string[];
  /** Sentences for people. */
  notes: string[];
  /** What volumes demand that are left out, as nodes side by side can meet it. */
  apart: Kind[];
}

interface Demand {
  whose: string;
  template: PodTemplate;
  /** Of a claim that is there before the run. */
  volume?: V1Volume;
}

function demanding(whose: string, nodeSelectorTerms: V1NodeSelectorTerm[]): Demand | undefined {
  if (nodeSelectorTerms.length === 0) return undefined;
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  return {
    whose,
    template: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution } } },
  };
}

const allowedBy = (storageClass: V1StorageClass | undefined): V1NodeSelectorTerm[] =>
  objectsOf(storageClass?.allowedTopologies)
    .map(({ matchLabelExpressions }) => objectsOf(matchLabelExpressions))
    .filter(expressions => expressions.length > 0)
    .map(expressions => ({
      matchExpressions: expressions.map(({ key, values }) => ({ key, operator: "In", values })),
    }));

const ofClass = (name: string | undefined, what: string, { classes = [] }: Storage): Demand | undefined => {
  const found = classOf(name, classes);
  return demanding(`the StorageClass ${found?.metadata?.name} of ${what}`, allowedBy(found));
};

function ofClaim(volume: V1Volume, storage: Storage): Demand {
  const [name] = claimsIn([volume]);
  const claim = storage.claims.get(name ?? "");
  const bound = claim?.spec?.volumeName;
  const demand = bound
    ? demanding(`the volume of claim ${name}`, volumeTerms(storage.volumes.get(bound)))
    : claim && ofClass(claim.spec?.storageClassName, `the claim ${name}`, storage);
  return { whose: "", template: {}, ...demand, volume };
}

const ofTemplates = (templates: readonly ClaimTemplate[], storage: Storage): Demand[] =>
  templates.flatMap(({ what, storageClassName }) => ofClass(storageClassName, what, storage) ?? []);

/** The template with what the demands add to it: none of them contradicts it. */
function adding(template: PodTemplate, demands: readonly Demand[]): PodTemplate {
  if (demands.length === 0) return template;
  const { requirement } = uniteRequirements([{ whose: "the run's pods", template }, ...demands]);
  const { nodeSelector, nodeSelectorTerms } = asPlacement(requirement);
  const nodeAffinity = {
    ...template.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
  };
  return { ...template, nodeSelector, affinity: { ...template.affinity, nodeAffinity } };
}

/**
 * @param claims those that are there before the run, as volumes, and those that are made for it
 * @param template what the placeholder takes over from the run's pod templates
 * @param topologyKey over a zone or rack each pod may have a node of its own: what no one node can meet is left out of
 * the placeholder, unless it is about the zone itself
 */
export function claimsTogether(
  { volumes, templates }: { volumes: readonly V1Volume[]; templates: readonly ClaimTemplate[] },
  storage: Storage,
  template: PodTemplate,
  topologyKey: string,
): Together {
  let demands: Demand[] = [{ whose: "the run's pods", template }];
  const together: Together = { volumes: [], template, contradictions: [], notes: [], apart: [] };
  const all = [...volumes.map(volume => ofClaim(volume, storage)), ...ofTemplates(templates, storage)];
  for (const demand of all) {
    const contradictions =
      demand.template.affinity === undefined ? [] : uniteRequirements([...demands, demand]).contradictions;
    if (contradictions.length === 0) {
      demands = [...demands, demand];
      if (demand.volume) together.volumes.push(demand.volume);
      continue;
    }
    const texts = contradictions.map(({ text }) => text);
    const isNever =
      topologyKey === HOSTNAME_TOPOLOGY || contradictions.some(({ key }) => key === topologyKey);
    if (isNever) {
      together.contradictions.push(...texts);
      continue;
    }
    together.notes.push(`The placeholder leaves out ${demand.whose}: ${texts.join("; ")}.`);
    together.apart.push(demand.template);
  }
  const ofClasses = demands.slice(1).filter(({ volume }) => volume === undefined);
  return { ...together, template: adding(template, ofClasses) };
}
