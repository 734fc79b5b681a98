/**
 * What a placeholder has to take over from the pod templates of its run, so that the node that it
 * finds is one where every pod of the run may go.
 */
import type { V1Affinity, V1ObjectMeta } from "@kubernetes/client-node";
import { choicesOf } from "../choices/choices";
import { HOSTNAME_TOPOLOGY, MANAGED_BY_LABEL } from "../keys";
import type { PipelineRunSpec, PodTemplate } from "../tekton/objects";
import type { NodeSummary } from "./never-fits";
import { podKinds, whoseIs, type PodKind, type PodKinds } from "./templates/effective";
import type { Effort } from "./templates/effort";
import { leftOutNotes } from "./templates/notes";
import { asPlacement, uniteRequirements, type Contradiction } from "./templates/node-requirement";
import { neverBesidePlaceholder, ownPods, spreadsOverZones, type OwnPods } from "./templates/own-node";
import { unitePodAffinities } from "./templates/pod-affinity";
import { readable, type LeftOut } from "./templates/refused";
import {
  commonRuntimeClass,
  Overheads,
  unreadClasses,
  withRuntimeClass,
  type RuntimeClasses,
} from "./templates/runtime-class";
import { podsOf, type RunPods } from "./templates/task-pods";
import { commonTolerations } from "./templates/tolerations";
import type { Kind } from "./zones";

export { podsOf, type RunPods } from "./templates/task-pods";
export { overheadOf, withOverheads, type Overheads, type RuntimeClasses } from "./templates/runtime-class";

/** What is known of a run beside its spec. What is left out counts as unknown. */
export interface KnownOfRun {
  /** Its name, labels, and choices. */
  metadata?: V1ObjectMeta;
  /** The pods that it will make, see podsOf. Default: as far as the spec itself says. */
  pods?: RunPods;
  /** Those that its pod templates name, see runtimeClassNames. */
  runtimeClasses?: RuntimeClasses;
  /** All of the cluster; only a few runs depend on them, see UnitedTemplate. */
  nodes?: readonly NodeSummary[];
}

export interface UnitedTemplate {
  template: PodTemplate;
  /** Sentences about demands that no one node can meet; empty when there are none. */
  contradictions: string[];
  /** Whether a term of the pods may mean all of Tekton's pods: a placeholder that is labelled like them would be meant. */
  speaksOfTektonsPods: boolean;
  /** Sentences for people: what the placeholder does not take over, and what Kubernetes will refuse. */
  notes: string[];
  /** What pods demand of their nodes, where no one node can serve all of them; else none. */
  apart: Kind[];
  /** Another answer may come of it once the nodes are known. */
  dependsOnNodes: boolean;
}

/** Characters of all pod templates of a run, as JSON: comparing each with each is dear, and no run may stop the others. */
const MOST_TEMPLATE_CHARACTERS = 32 * 1024;

const templatesSize = (spec: PipelineRunSpec | undefined): number =>
  [spec?.taskRunTemplate, ...(spec?.taskRunSpecs ?? [])]
    .map(item => JSON.stringify(item?.podTemplate ?? null).length)
    .reduce((sum, length) => sum + length, 0);

const tooLarge = (size: number): string =>
  `its pod templates have ${size} characters together, and at most ${MOST_TEMPLATE_CHARACTERS} are compared`;

const distinct = <T>(items: readonly T[]): T[] => [
  ...new Map(items.map(item => [JSON.stringify(item), item])).values(),
];

/** From the spec alone, a Pipeline or Task that it names is one that nobody has read. */
const podsFrom = (spec: PipelineRunSpec | undefined, { metadata, pods }: KnownOfRun): RunPods =>
  pods ?? podsOf({ ...(metadata && { metadata }), ...(spec && { spec }) });

const found = new WeakMap<RunPods, { spec: PipelineRunSpec | undefined; kinds: PodKinds }>();

/** Asked for again and again about one run, and dear where it is large. */
function kindsOf(spec: PipelineRunSpec | undefined, known: KnownOfRun): PodKinds {
  const pods = podsFrom(spec, known);
  const before = found.get(pods);
  if (before !== undefined && before.spec === spec) return before.kinds;
  const kinds = podKinds(spec, pods);
  found.set(pods, { spec, kinds });
  return kinds;
}

/** The template of each kind of pod that the run will make, as Tekton makes it. */
export function effectiveTemplates(spec: PipelineRunSpec | undefined, known: KnownOfRun = {}): PodTemplate[] {
  return kindsOf(spec, known).kinds.map(({ template }) => template);
}

/**
 * The template of the first pod of a task, with what the API server adds to it for its RuntimeClass.
 *
 * @param task with its path; undefined for one that is not known
 */
export function templateOfTask(
  spec: PipelineRunSpec | undefined,
  task: string | undefined,
  known: KnownOfRun = {},
): PodTemplate {
  const { kinds } = kindsOf(spec, known);
  const kind = kinds.find(({ tasks }) => tasks.some(({ name }) => name === task));
  const read = { template: kind?.template ?? {}, leftOut: [] };
  return withRuntimeClass(read, known.runtimeClasses ?? new Map()).template;
}

/**
 * What RuntimeClasses add to what the run's pods ask for.
 *
 * @throws InvalidQuantity
 */
export function overheadsOf(spec: PipelineRunSpec | undefined, known: KnownOfRun): Overheads {
  const kinds = kindsOf(spec, known).kinds.map(kind => ({ ...kind, template: read(kind).template }));
  return new Overheads(kinds, known.runtimeClasses ?? new Map());
}

const read = (kind: PodKind) => readable(kind.template, kind.isRaw);

const namesOf = (
  spec: PipelineRunSpec | undefined,
  known: KnownOfRun,
  field: "priorityClassName" | "runtimeClassName",
): (string | undefined)[] => distinct(kindsOf(spec, known).kinds.map(kind => read(kind).template[field]));

/** The names of all priority classes in use; undefined stands for the cluster's default. */
export const priorityClassNames = (
  spec: PipelineRunSpec | undefined,
  known: KnownOfRun = {},
): (string | undefined)[] => namesOf(spec, known, "priorityClassName");

/** The names of all RuntimeClasses in use. */
export const runtimeClassNames = (spec: PipelineRunSpec | undefined, known: KnownOfRun = {}): string[] =>
  namesOf(spec, known, "runtimeClassName").filter(name => name !== undefined);

const DEFAULT_SCHEDULER = "default-scheduler";

/** Different schedulers know nothing of each other. */
function commonScheduler(kinds: readonly PodKind[]): [string | undefined, string[]] {
  const byName = new Map<string, PodKind>();
  for (const kind of kinds) {
    const name = kind.template.schedulerName ?? DEFAULT_SCHEDULER;
    if (!byName.has(name)) byName.set(name, kind);
  }
  const [first] = byName.keys();
  const own = first === DEFAULT_SCHEDULER ? undefined : first;
  if (byName.size <= 1) return [own, []];
  const names = [...byName].map(([name, kind]) => `${name} (${whoseIs(kind)})`).join(", ");
  return [own, [`the pod templates name different values of schedulerName: ${names}`]];
}

/** The scheduler never preempts for a pod that is tied to one of lower priority. */
function highestPriority(
  templates: readonly PodTemplate[],
  priorityOf: (className: string | undefined) => number,
): string | undefined {
  const names = distinct(templates.map(({ priorityClassName }) => priorityClassName));
  return names.reduce((highest, name) => (priorityOf(name) > priorityOf(highest) ? name : highest), names[0]);
}

/**
 * Over a zone or rack, each pod may have a node of its own: what no one node can meet, nodes side by side can, unless it
 * is about the zone itself.
 */
function split(
  contradictions: readonly Contradiction[],
  kinds: readonly PodKind[],
  { topologyKey, effort }: OwnPods,
) {
  if (topologyKey === HOSTNAME_TOPOLOGY) return { never: contradictions, apart: [] };
  const inItself = kinds.flatMap(kind =>
    requirementsOf([kind], effort).contradictions.map(({ text }) => text),
  );
  const isNever = ({ key, text }: Contradiction): boolean => key === topologyKey || inItself.includes(text);
  return {
    never: contradictions.filter(isNever),
    apart: contradictions.filter(contradiction => !isNever(contradiction)),
  };
}

const requirementsOf = (kinds: readonly PodKind[], effort: Effort) =>
  uniteRequirements(
    kinds.map(kind => ({ whose: whoseIs(kind), template: kind.template })),
    effort,
  );

function affinityOf(kinds: readonly PodKind[], own: OwnPods) {
  const { requirement, contradictions } = requirementsOf(kinds, own.effort);
  const { nodeSelector, nodeSelectorTerms } = asPlacement(requirement);
  const { never, apart } = split(contradictions, kinds, own);
  const pods = unitePodAffinities(kinds, own);
  const preferred = distinct(
    kinds.flatMap(
      ({ template }) =>
        template.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
    ),
  );
  const affinity: V1Affinity = {
    nodeAffinity: {
      ...(nodeSelectorTerms.length > 0 && {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
      }),
      ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
    },
    ...pods.affinity,
  };
  return {
    nodeSelector,
    affinity,
    contradictions: [...never.map(({ text }) => text), ...pods.contradictions],
    apart: apart.map(({ text }) => text),
  };
}

/**
 * One template for the placeholder: node selectors, node affinities and pod affinities of all pods
 * together, only the tolerations that all of them have, and the highest priority.
 *
 * @param priorityOf the value of a priority class; undefined names the cluster's default
 */
export function unitePodTemplates(
  spec: PipelineRunSpec | undefined,
  priorityOf: (className: string | undefined) => number,
  known: KnownOfRun = {},
): UnitedTemplate {
  const size = templatesSize(spec);
  if (size > MOST_TEMPLATE_CHARACTERS) {
    const contradictions = [tooLarge(size)];
    return {
      template: {},
      contradictions,
      speaksOfTektonsPods: false,
      notes: [],
      apart: [],
      dependsOnNodes: false,
    };
  }
  const { runtimeClasses = new Map(), nodes } = known;
  const { kinds: all, areTooMany } = kindsOf(spec, known);
  const leftOut: (LeftOut & { whose: string })[] = [];
  const readKinds = all.map(kind => {
    const own = read(kind);
    const made = withRuntimeClass(own, runtimeClasses);
    leftOut.push(...made.leftOut.map(item => ({ ...item, whose: whoseIs(kind) })));
    return { ...kind, template: made.template, isRefused: own.leftOut.some(({ why }) => why === "refused") };
  });
  // A pod that is refused needs no node, and keeps the others from none.
  const taken = readKinds.filter(({ isRefused }) => !isRefused);
  const kinds = taken.length > 0 ? taken : readKinds;
  const templates = kinds.map(({ template }) => template);
  const topologyKey = choicesOf(known.metadata?.annotations ?? {})["topology-key"];
  const own = ownPods(kinds, known.metadata, topologyKey, undefined, nodes);
  const { nodeSelector, affinity, contradictions, apart } = affinityOf(kinds, own);
  const [schedulerName, schedulersClash] = commonScheduler(kinds);
  const runtimeClassName = commonRuntimeClass(templates);
  const priorityClassName = highestPriority(templates, priorityOf);
  const template: PodTemplate = {
    nodeSelector,
    tolerations: commonTolerations(
      templates.map(({ tolerations = [] }) => tolerations),
      own.effort,
    ),
    affinity,
    imagePullSecrets: distinct(templates.flatMap(({ imagePullSecrets = [] }) => imagePullSecrets)),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(schedulerName !== undefined && { schedulerName }),
    ...(runtimeClassName !== undefined && { runtimeClassName }),
  };
  const never = neverBesidePlaceholder(kinds, own);
  return {
    template,
    contradictions: [...contradictions, ...never, ...schedulersClash],
    speaksOfTektonsPods: JSON.stringify(templates).includes(MANAGED_BY_LABEL),
    apart: apart.length > 0 ? templates : [],
    dependsOnNodes:
      nodes === undefined && (apart.length > 0 || (never.length > 0 && spreadsOverZones(kinds))),
    notes: leftOutNotes({
      leftOut,
      apart,
      unreadClasses: unreadClasses(templates, runtimeClasses),
      areTooMany: areTooMany || own.effort.isSpent,
    }),
  };
}
