/**
 * Volumes that decide where a run can go. Claims that are there before it stand in its placeholder's `volumes`,
 * mounted in no container: the scheduler counts their zones, nodes and attach limits, and the kubelet mounts only
 * what a container mounts, so nothing is written to them. Of those that one node at a time may use, only their place
 * counts, see volume-places.ts. Claims that Tekton makes for the run follow the placeholder, where their StorageClass
 * waits for a pod to use them.
 */
import type {
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1StorageClass,
  V1Volume,
} from "@kubernetes/client-node";
import type { Warning } from "../tekton/warning";
import type { ClaimsOfRun, ClaimTemplate } from "./claims";

/** What is known of claims, volumes and classes. */
export interface Storage {
  /** By name; undefined for one that does not exist. One that has not been looked for is not in it. */
  claims: ReadonlyMap<string, V1PersistentVolumeClaim | undefined>;
  /** Volumes that claims are bound to, likewise. */
  volumes: ReadonlyMap<string, V1PersistentVolume | undefined>;
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

const isUnbound = (claim: V1PersistentVolumeClaim): boolean => !claim.spec?.volumeName;

/**
 * Whether it matters how classes bind: for claims that have no volume yet.
 *
 * @param hasTemplates whether claims are made for the run
 */
export function dependsOnClasses(hasTemplates: boolean, claims: Storage["claims"]): boolean {
  return hasTemplates || [...claims.values()].some(claim => claim && isUnbound(claim));
}

/** The newest of the default classes, and of equally old ones the first by name, as the API server chooses. */
function defaultClass(classes: readonly V1StorageClass[]): V1StorageClass | undefined {
  const age = ({ metadata }: V1StorageClass) => new Date(metadata?.creationTimestamp ?? 0).getTime();
  return classes
    .filter(({ metadata }) => metadata?.annotations?.[DEFAULT_CLASS_ANNOTATION] === "true")
    .sort((a, b) => age(b) - age(a) || (a.metadata!.name! < b.metadata!.name! ? -1 : 1))[0];
}

/** An empty name stands for no class: such a claim gets a volume that is there already. */
export function classOf(
  name: string | undefined,
  classes: readonly V1StorageClass[],
): V1StorageClass | undefined {
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

/** A class may be missing on purpose, where volumes of its name are there already: so the run is not kept from starting. */
function missingClassWarning({ what, storageClassName }: ClaimTemplate): Warning {
  const which =
    storageClassName === undefined
      ? `${what} names no StorageClass, and the cluster has no default one`
      : `the StorageClass ${storageClassName} of ${what} does not exist`;
  return {
    reason: "MissingStorageClass",
    message:
      `Pods of the run may wait for ever, because ${which}: no volume is made for it. ` +
      `Name a class that is there, or make it.`,
  };
}

function missingClasses(templates: readonly ClaimTemplate[], { classes }: Storage): Warning[] {
  if (classes === undefined) return [];
  return templates
    .filter(
      ({ storageClassName }) => storageClassName !== "" && classOf(storageClassName, classes) === undefined,
    )
    .map(missingClassWarning);
}

function immediate(templates: readonly ClaimTemplate[], { claims, classes = [] }: Storage): Warning[] {
  const unbound = [...claims].flatMap(([name, claim]) =>
    claim && isUnbound(claim)
      ? [{ what: `the claim ${name}`, storageClassName: claim.spec?.storageClassName }]
      : [],
  );
  return [...unbound, ...templates].flatMap(({ what, storageClassName }) => {
    const found = classOf(storageClassName, classes);
    return bindsAtOnce(found) ? [bindingWarning(what, found!.metadata!.name!)] : [];
  });
}

/** Whether the name is one, and not a reference to what is not known in advance. */
export const canBeRead = (name: string): boolean => !name.includes("$(");

/** What is to be said of a claim, and whether the placeholder may name it. */
function judged(name: string, { claims, volumes }: Storage): { isDeclared: boolean; note?: string } {
  if (!canBeRead(name)) {
    return {
      isDeclared: false,
      note: `The claim ${name} is not looked at: what it refers to is not known in advance.`,
    };
  }
  if (!claims.has(name)) {
    const note = `The claim ${name} was not read; if it is ${READ_WRITE_ONCE_POD} or not there, the placeholder does not name it.`;
    return { isDeclared: true, note };
  }
  const claim = claims.get(name);
  if (claim === undefined || claim.metadata?.deletionTimestamp !== undefined) {
    return {
      isDeclared: false,
      note: `The claim ${name} does not exist, and does not count for the run's node.`,
    };
  }
  // Of a volume that is there the place counts in its stead, see volume-places.ts.
  const hasPlace = volumes.get(claim.spec?.volumeName ?? "") !== undefined;
  if (claim.spec?.accessModes?.includes(READ_WRITE_ONCE_POD) && !hasPlace) {
    const note = `The claim ${name} is ${READ_WRITE_ONCE_POD}: one pod may use it, so the placeholder cannot, and it does not count for the run's node.`;
    return { isDeclared: false, note };
  }
  return { isDeclared: true };
}

const tooManyNote = (most: number): string =>
  `The run names more than ${most} claims, or in more places than are looked at: the others do not count for its node.`;

/** Of one reason there is one Event for each message: of many alike the first few are enough. */
const MOST_WARNINGS = 5;

export function volumesOf({ names, most, templates }: ClaimsOfRun, storage: Storage): Volumes {
  const claims = names.map(name => ({ name, ...judged(name, storage) }));
  const notes = claims.flatMap(({ note }) => note ?? []);
  if (most !== undefined) notes.push(tooManyNote(most));
  return {
    volumes: asVolumes(claims.filter(({ isDeclared }) => isDeclared).map(({ name }) => name)),
    warnings: [...immediate(templates, storage), ...missingClasses(templates, storage)].slice(
      0,
      MOST_WARNINGS,
    ),
    notes,
  };
}

/** The same names every time. */
const asVolumes = (claims: readonly string[]): V1Volume[] =>
  claims.map((claimName, index) => ({ name: `claim-${index + 1}`, persistentVolumeClaim: { claimName } }));

/** Names of the claims among a pod's volumes. */
export const claimsIn = (volumes: readonly V1Volume[] | undefined): string[] =>
  (volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
