/**
 * Volumes that decide where a run can go. Claims that are there before it stand in its placeholder's `volumes`,
 * mounted in no container: the scheduler counts their zones, nodes and attach limits, and the kubelet mounts only
 * what a container mounts, so nothing is written to them and nothing has to be unmounted. Claims that Tekton makes
 * for the run follow the placeholder, where their StorageClass waits for a pod to use them.
 */
import type { V1PersistentVolumeClaim, V1StorageClass, V1Volume } from "@kubernetes/client-node";
import { inText } from "../demand/params";
import { valuesOf } from "../demand/values";
import type { Param } from "../demand/pipeline-spec";
import { isObject, objectsOf, textOf } from "../demand/untrusted";
import type { PipelineRun } from "../tekton/objects";
import { effectiveTemplates } from "./pod-templates";
import type { Warning } from "../tekton/warning";

/** What is known of claims and classes. */
export interface Storage {
  /** By name; undefined for one that does not exist. One that has not been looked for is not in it. */
  claims: ReadonlyMap<string, V1PersistentVolumeClaim | undefined>;
  /** Undefined when nobody has looked for them. */
  classes: readonly V1StorageClass[] | undefined;
}

export interface Volumes {
  /** For the placeholder. */
  volumes: V1Volume[];
  warnings: Warning[];
  /** Sentences for people. */
  notes: string[];
}

const READ_WRITE_ONCE_POD = "ReadWriteOncePod";
const DEFAULT_CLASS_ANNOTATION = "storageclass.kubernetes.io/is-default-class";

/** Names of the claims that the run brings along: of its workspaces and its pod templates. */
export function claimNames(run: PipelineRun): string[] {
  const { workspaces, params } = (run.spec ?? {}) as { workspaces?: object[]; params?: Param[] };
  const values = valuesOf(undefined, params);
  const volumes = effectiveTemplates(run.spec).flatMap(template => objectsOf(template.volumes));
  const named = [...objectsOf(workspaces), ...volumes].flatMap(item => {
    const claim: unknown = (item as V1Volume).persistentVolumeClaim;
    const name = isObject(claim) ? textOf((claim as { claimName?: string }).claimName) : undefined;
    return name === undefined ? [] : [inText(name, values)];
  });
  return [...new Set(named)];
}

interface Template {
  workspace: string;
  storageClassName: string | undefined;
}

function claimTemplates({ spec }: PipelineRun): Template[] {
  return objectsOf(spec?.workspaces).flatMap(({ name, volumeClaimTemplate }) =>
    isObject(volumeClaimTemplate)
      ? [
          {
            workspace: name,
            storageClassName: (volumeClaimTemplate as V1PersistentVolumeClaim).spec?.storageClassName,
          },
        ]
      : [],
  );
}

const isUnbound = (claim: V1PersistentVolumeClaim): boolean => !claim.spec?.volumeName;

/** Whether it matters how classes bind: for claims that have no volume yet. */
export function dependsOnClasses(run: PipelineRun, claims: Storage["claims"]): boolean {
  return claimTemplates(run).length > 0 || [...claims.values()].some(claim => claim && isUnbound(claim));
}

/** The newest of the default classes, and of equally old ones the first by name, as the API server chooses. */
function defaultClass(classes: readonly V1StorageClass[]): V1StorageClass | undefined {
  const age = ({ metadata }: V1StorageClass) => new Date(metadata?.creationTimestamp ?? 0).getTime();
  return classes
    .filter(({ metadata }) => metadata?.annotations?.[DEFAULT_CLASS_ANNOTATION] === "true")
    .sort((a, b) => age(b) - age(a) || (a.metadata!.name! < b.metadata!.name! ? -1 : 1))[0];
}

/** An empty name stands for no class: such a claim gets a volume that is there already. */
function classOf(name: string | undefined, classes: readonly V1StorageClass[]): V1StorageClass | undefined {
  if (name === undefined) return defaultClass(classes);
  return classes.find(({ metadata }) => metadata?.name === name);
}

/** Immediate is what a class without a mode has. */
const bindsAtOnce = (storageClass: V1StorageClass | undefined): boolean =>
  storageClass !== undefined && (storageClass.volumeBindingMode ?? "Immediate") === "Immediate";

function bindingWarning(what: string, className: string): Warning {
  return {
    reason: "ImmediateVolumeBinding",
    message:
      `The StorageClass ${className} of ${what} binds at once (volumeBindingMode: Immediate): its volume may be made ` +
      `where the run's node is not, and the run's pods then wait for ever. ` +
      `Use a StorageClass with volumeBindingMode: WaitForFirstConsumer.`,
  };
}

function immediate(run: PipelineRun, { claims, classes = [] }: Storage): Warning[] {
  const unbound = [...claims].flatMap(([name, claim]) =>
    claim && isUnbound(claim)
      ? [{ what: `the claim ${name}`, storageClassName: claim.spec?.storageClassName }]
      : [],
  );
  const templates = claimTemplates(run).map(({ workspace, storageClassName }) => ({
    what: `the volumeClaimTemplate of workspace ${workspace}`,
    storageClassName,
  }));
  return [...unbound, ...templates].flatMap(({ what, storageClassName }) => {
    const found = classOf(storageClassName, classes);
    return bindsAtOnce(found) ? [bindingWarning(what, found!.metadata!.name!)] : [];
  });
}

/** Whether the name is one, and not a reference to what is not known in advance. */
export const canBeRead = (name: string): boolean => !name.includes("$(");

/** What is to be said of a claim, and whether the placeholder may name it. */
function judged(name: string, { claims }: Storage): { isDeclared: boolean; note?: string } {
  if (!canBeRead(name)) {
    return {
      isDeclared: false,
      note: `The claim ${name} is not looked at: what it refers to is not known in advance.`,
    };
  }
  if (!claims.has(name)) {
    const note = `The claim ${name} was not read; if it is ${READ_WRITE_ONCE_POD} or not there, the placeholder leaves it out.`;
    return { isDeclared: true, note };
  }
  const claim = claims.get(name);
  if (claim === undefined || claim.metadata?.deletionTimestamp !== undefined) {
    return {
      isDeclared: false,
      note: `The claim ${name} does not exist, and does not count for the run's node.`,
    };
  }
  if (claim.spec?.accessModes?.includes(READ_WRITE_ONCE_POD)) {
    const note = `The claim ${name} is ${READ_WRITE_ONCE_POD}: one pod may use it, so the placeholder cannot, and it does not count for the run's node.`;
    return { isDeclared: false, note };
  }
  return { isDeclared: true };
}

/** @param more names of further claims, such as Tekton has made for the run */
export function volumesOf(run: PipelineRun, storage: Storage, more: readonly string[] = []): Volumes {
  const names = [...new Set([...claimNames(run), ...more])];
  const claims = names.map(name => ({ name, ...judged(name, storage) }));
  return {
    volumes: claims
      .filter(({ isDeclared }) => isDeclared)
      .map(({ name }, index) => ({ name: `claim-${index + 1}`, persistentVolumeClaim: { claimName: name } })),
    warnings: immediate(run, storage),
    notes: claims.flatMap(({ note }) => note ?? []),
  };
}
