/**
 * Claims that a run brings along: of its workspaces, of its pod templates, and of the Tasks' own volumes, parameters put
 * in as Tekton does it. Sources: ApplyParametersToWorkspaceBindings in Tekton's pkg/reconciler/pipelinerun/resources/
 * apply.go, which knows no defaults, and that and ApplyReplacements in pkg/reconciler/taskrun/resources/apply.go.
 */
import type { V1PersistentVolumeClaim, V1Volume } from "@kubernetes/client-node";
import { inText } from "../demand/params";
import type { Param } from "../demand/pipeline-spec";
import { isObject, objectOf, objectsOf, textOf } from "../demand/untrusted";
import { valuesOf } from "../demand/values";
import type { PipelineRun } from "../tekton/objects";
import { effectiveTemplates, type KnownOfRun } from "./pod-templates";
import { replaced, type Replacements } from "./templates/replacements";
import type { TaskPods } from "./templates/task-pods";

/** A claim that is made for the run, or for one pod of it. */
export interface ClaimTemplate {
  /** For people. */
  what: string;
  storageClassName: string | undefined;
}

export interface ClaimsOfRun {
  /** Of claims that are there before the run. */
  names: string[];
  /** How many are looked at, where there are more. */
  most?: number;
  templates: ClaimTemplate[];
}

/** Each is read. */
const MOST_CLAIMS = 100;
/** Places where claims are named: of many tasks and many pods of each. */
const MOST_PLACES = 100_000;

const nameOf = (item: object): string | undefined =>
  textOf(objectOf((item as Partial<V1Volume>).persistentVolumeClaim)?.claimName);

/** Of a workspace the claim is counted where that is bound. */
const WORKSPACE = /\$\(workspaces\./;

function* taskClaims(volumes: readonly V1Volume[], replacements: () => Replacements[]): Generator<string> {
  const names = volumes.flatMap(volume => nameOf(volume) ?? []).filter(name => !WORKSPACE.test(name));
  yield* names.filter(name => !name.includes("$("));
  const referring = names.filter(name => name.includes("$("));
  if (referring.length === 0) return;
  for (const each of replacements()) for (const name of referring) yield replaced(name, each);
}

/** Volumes of many tasks may be one and the same list. */
function volumeListsOf({ pods }: KnownOfRun) {
  const seen = new Set<unknown>();
  return (pods?.tasks ?? []).flatMap(({ volumes, replacements }) => {
    const refersToNothing = !volumes.some(volume => nameOf(volume)?.includes("$("));
    if (refersToNothing && seen.has(volumes)) return [];
    seen.add(volumes);
    return [{ volumes, replacements }];
  });
}

/** Those that no pod uses keep the run from no node. */
function usedWorkspaces({ spec }: PipelineRun, { pods }: KnownOfRun): { name?: string }[] {
  const all = objectsOf((spec as { workspaces?: { name?: string }[] } | undefined)?.workspaces);
  if (pods === undefined || !pods.areTasksKnown || all.length === 0) return all;
  const used = new Set<string>();
  for (const { workspaces } of pods.tasks) {
    if (workspaces === undefined) return all;
    for (const name of workspaces()) used.add(name);
  }
  return all.filter(({ name }) => textOf(name) === undefined || used.has(name!));
}

/** By the run's name for it, the tasks that use a workspace. */
function tasksByWorkspace({ pods }: KnownOfRun): ReadonlyMap<string, TaskPods[]> {
  const users = new Map<string, TaskPods[]>();
  for (const task of pods?.areTasksKnown ? pods.tasks : []) {
    for (const name of new Set(task.workspaces?.())) {
      const others = users.get(name);
      if (others) others.push(task);
      else users.set(name, [task]);
    }
  }
  return users;
}

/** What of a name the run's params leave open, each task that uses the workspace fills in with its own. */
function* workspaceClaims(run: PipelineRun, known: KnownOfRun): Generator<string> {
  const { params } = (run.spec ?? {}) as { params?: Param[] };
  const values = valuesOf(undefined, params);
  const claims = usedWorkspaces(run, known).flatMap(workspace => {
    const claim = nameOf(workspace);
    return claim === undefined ? [] : [{ claim: inText(claim, values), workspace: workspace.name ?? "" }];
  });
  const isOpen = ({ claim }: { claim: string }): boolean => claim.includes("$(");
  const users = claims.some(isOpen) ? tasksByWorkspace(known) : new Map<string, TaskPods[]>();
  for (const item of claims) {
    const tasks = isOpen(item) ? (users.get(item.workspace) ?? []) : [];
    if (tasks.length === 0) yield item.claim;
    for (const task of tasks) for (const each of task.replacements()) yield replaced(item.claim, each);
  }
}

function* namedClaims(run: PipelineRun, known: KnownOfRun): Generator<string> {
  yield* workspaceClaims(run, known);
  for (const { volumes } of effectiveTemplates(run.spec, known)) {
    for (const volume of objectsOf(volumes)) {
      const name = nameOf(volume);
      // Tekton puts in the task's params only, and these are in.
      if (name !== undefined) yield name;
    }
  }
  for (const { volumes, replacements } of volumeListsOf(known)) yield* taskClaims(volumes, replacements);
}

/** An empty one is a name, too: that of no class. */
function classIn(template: unknown): string | undefined {
  const name: unknown = objectOf((template as Partial<V1PersistentVolumeClaim>).spec)?.storageClassName;
  return typeof name === "string" ? name : undefined;
}

const ofWorkspaces = (run: PipelineRun, known: KnownOfRun): ClaimTemplate[] =>
  usedWorkspaces(run, known).flatMap(workspace => {
    const { name, volumeClaimTemplate: template } = workspace as {
      name?: string;
      volumeClaimTemplate?: object;
    };
    return isObject(template)
      ? [{ what: `the volumeClaimTemplate of workspace ${name}`, storageClassName: classIn(template) }]
      : [];
  });

const ofVolumes = (volumes: readonly V1Volume[]): ClaimTemplate[] =>
  volumes.flatMap(({ name, ephemeral }) => {
    const template = objectOf(ephemeral)?.volumeClaimTemplate;
    return isObject(template)
      ? [{ what: `the ephemeral volume ${name}`, storageClassName: classIn(template) }]
      : [];
  });

function claimTemplates(run: PipelineRun, known: KnownOfRun): ClaimTemplate[] {
  const lists = [
    ...effectiveTemplates(run.spec, known).map(({ volumes }) => objectsOf(volumes)),
    ...volumeListsOf(known).map(({ volumes }) => volumes),
  ];
  const all = [...ofWorkspaces(run, known), ...lists.flatMap(ofVolumes)];
  return [...new Map(all.map(template => [JSON.stringify(template), template])).values()];
}

export function claimsOf(run: PipelineRun, known: KnownOfRun = {}): ClaimsOfRun {
  const names = new Set<string>();
  const templates = claimTemplates(run, known);
  let places = 0;
  for (const name of namedClaims(run, known)) {
    if (names.size >= MOST_CLAIMS && !names.has(name))
      return { names: [...names], most: MOST_CLAIMS, templates };
    if (++places > MOST_PLACES) return { names: [...names], most: MOST_CLAIMS, templates };
    names.add(name);
  }
  return { names: [...names], templates };
}
