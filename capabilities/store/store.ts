/**
 * What the watches have seen, by root run: looking at a run is a look-up. It is a copy of what the API server has, a
 * moment old: writes carry guards, and a fresh read stands before the few steps where an old picture could hurt.
 *
 * Objects are ordered by resourceVersion, so that an older event does not undo a newer one or an answer to a write.
 * What is over leaves it: a run with its TaskRuns and children, once it has ended and its placeholder is gone.
 */
import type { V1ObjectMeta, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import { PLACEHOLDER_LABEL } from "../keys";
import type { Observed } from "../phases/observed";
import { hasEnded, isChild, isHeldByUs, type PipelineRun, type TaskRun } from "../tekton/objects";
import { rootRunOf } from "./root-run";
import { asText, type RunKey } from "../tekton/run-key";
import type { Sink } from "./reflector-options";
import { hasWholeSpec, slimPod, slimRun, slimStatefulSet, slimTaskRun } from "./slim";
import type { ChangeType } from "./watch-events";

interface KubeObject {
  metadata?: V1ObjectMeta;
}

interface Known<T> {
  object: T;
  version: number;
  /** The list in which, or after the beginning of which, it was last told. */
  round: number;
}

type Objects<T> = Map<string, Known<T>>;

/** All that is known of one run. */
interface Entry {
  run: Objects<PipelineRun>;
  statefulSet: Objects<V1StatefulSet>;
  pods: Objects<V1Pod>;
  taskRuns: Objects<TaskRun>;
  children: Objects<PipelineRun>;
  /** Whether no TaskRun and no child can have been missed. */
  isComplete: boolean;
  /** Something showed that what is known is not what is. */
  isStale: boolean;
  podMissingSince: Date | undefined;
}

export type Place = "run" | "statefulSet" | "pods" | "taskRuns" | "children";
export interface Look {
  observed: Observed;
  /** Whether it has to be read afresh before anything is decided on it. */
  isComplete: boolean;
  /** Whether the run's spec is there in full. */
  isWhole: boolean;
}

/** Called when something about the run has changed that a decision could depend on. */
export type OnChange = (run: RunKey, place: Place) => void;

/** So many objects that are gone are remembered by UID: the answer to a write may come after the event of the end. */
const MOST_REMEMBERED = 10_000;

function remember(uids: Set<string>, { metadata }: KubeObject): void {
  if (uids.size >= MOST_REMEMBERED) uids.clear();
  uids.add(metadata!.uid!);
}

const isOver = (run: PipelineRun | undefined): boolean => run === undefined || hasEnded(run);
const isPlaced = (run: PipelineRun): boolean => run.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;
export const versionOf = ({ metadata }: KubeObject): number => Number(metadata?.resourceVersion ?? 0);

/** Without its version, which changes with what nobody asks for. */
const textOf = (object: KubeObject): string =>
  JSON.stringify(object, (key, value: unknown) => (key === "resourceVersion" ? undefined : value));

export class Store {
  readonly #entries = new Map<string, Entry>();
  readonly #tombstones = new Set<string>();
  /** UIDs of runs that ended without having been let go: no list of names tells that they are over. */
  readonly #over = new Set<string>();
  #round = 0;
  /** The value of `coschedule` in Tekton's feature flags. */
  coschedule: string | undefined;

  constructor(private readonly onChange: OnChange) {}

  /** Root runs and children; list them before pods. */
  readonly runs: Sink<PipelineRun> = this.#sink(["run", "children"], (type, run) =>
    this.#see(isChild(run) ? "children" : "run", type, run),
  );
  readonly pods: Sink<V1Pod> = this.#sink(["pods"], (type, pod) => this.#see("pods", type, pod));
  readonly taskRuns: Sink<TaskRun> = this.#sink(["taskRuns"], (type, taskRun) =>
    this.#see("taskRuns", type, taskRun),
  );

  #sink<T extends KubeObject>(
    places: readonly Place[],
    event: (type: ChangeType, object: T) => void,
  ): Sink<T> {
    let round = 0;
    return {
      begin: () => (round = ++this.#round),
      event,
      synced: () => places.forEach(place => this.#forgetBefore(place, round)),
      gap: () => {
        for (const entry of this.#entries.values()) entry.isComplete = entry.isComplete && !wasLetGo(entry);
      },
    };
  }

  /** A StatefulSet that was listed, read or written. */
  statefulSet(type: ChangeType, statefulSet: V1StatefulSet): void {
    this.#see("statefulSet", type, statefulSet);
  }

  /** What the API server answered to a write. */
  written(place: Place, object: KubeObject): void {
    this.#see(place, "MODIFIED", object);
  }

  /** What was read by its name: the StatefulSet of the placeholder's name may be anybody's. */
  read(key: RunKey, place: Place, object: KubeObject): void {
    if (!this.#tombstones.has(object.metadata!.uid!)) this.#put(key, place, object);
  }

  /** An object that was found not to be there; `version` is that of the list that lacks it, if there was one. */
  gone(key: RunKey, place: Place, name: string, version = Infinity): void {
    const known = this.#entries.get(asText(key))?.[place].get(name);
    if (known !== undefined && known.version <= version) this.#remove(key, place, known.object);
  }

  /** Names of what is known in a place of the run. */
  names(key: RunKey, place: Place): string[] {
    return [...(this.#entries.get(asText(key))?.[place].keys() ?? [])];
  }

  /** What is known is not what is: the run is read afresh before the next decision. */
  markStale(key: RunKey): void {
    const entry = this.#entry(key);
    entry.isStale = true;
  }

  /** All of the run has been read afresh. */
  markRead(key: RunKey): void {
    const entry = this.#entry(key);
    entry.isStale = false;
    entry.isComplete = true;
    this.#dropIfOver(key, entry);
  }

  lookUp(key: RunKey): Look {
    const entry = this.#entries.get(asText(key));
    const run = only(entry?.run);
    const observed: Observed = {
      run,
      statefulSet: only(entry?.statefulSet),
      pods: all(entry?.pods),
      taskRuns: all(entry?.taskRuns),
      children: all(entry?.children),
      coschedule: this.coschedule,
    };
    if (entry?.podMissingSince !== undefined) observed.podMissingSince = entry.podMissingSince;
    return {
      observed,
      isComplete: entry === undefined || (entry.isComplete && !entry.isStale),
      isWhole: run !== undefined && hasWholeSpec(run),
    };
  }

  /** Every run that is not over or has a placeholder. */
  *keys(): Iterable<string> {
    for (const [text, entry] of this.#entries) {
      if (entry.run.size > 0 || entry.statefulSet.size > 0) yield text;
    }
  }

  isKnownToBeOver({ metadata }: KubeObject): boolean {
    return this.#over.has(metadata!.uid!);
  }

  /** Whether the version of the object is known, or a newer one. */
  knows(key: RunKey, place: Place, name: string, version: number): boolean {
    const known = this.#entries.get(asText(key))?.[place].get(name);
    return known !== undefined && known.version >= version;
  }

  get size(): number {
    return this.#entries.size;
  }

  clear(): void {
    this.#entries.clear();
    this.#tombstones.clear();
    this.#over.clear();
  }

  #entry(key: RunKey): Entry {
    const text = asText(key);
    let entry = this.#entries.get(text);
    if (entry === undefined) {
      entry = {
        run: new Map(),
        statefulSet: new Map(),
        pods: new Map(),
        taskRuns: new Map(),
        children: new Map(),
        isComplete: false,
        isStale: false,
        podMissingSince: undefined,
      };
      this.#entries.set(text, entry);
    }
    return entry;
  }

  #see(place: Place, type: ChangeType, object: KubeObject): void {
    const key = keyOf(place, object);
    if (key === undefined) return;
    if (type === "DELETED") {
      remember(this.#tombstones, object);
      this.#remove(key, place, object);
    } else if (!this.#tombstones.has(object.metadata!.uid!)) {
      this.#put(key, place, object);
    }
  }

  #put(key: RunKey, place: Place, object: KubeObject): void {
    const known = this.#entries.get(asText(key));
    if (place === "run" && hasEnded(object as PipelineRun) && !isPlaced(object as PipelineRun)) {
      remember(this.#over, object);
    }
    if (!isOfInterest(place, object, known)) return;
    const entry = known ?? this.#entry(key);
    const name = object.metadata!.name!;
    const version = versionOf(object);
    const objects = entry[place] as Objects<KubeObject>;
    const before = objects.get(name);
    if (before !== undefined && before.version >= version) {
      before.round = this.#round;
      return;
    }
    const slim = slimOf(place, object);
    // First seen while it is held, it has made nothing yet; what is known may be of an earlier run of its name.
    if (place === "run" && before?.object.metadata?.uid !== object.metadata!.uid) {
      entry.isComplete = !isPlaced(object as PipelineRun);
    }
    objects.set(name, { object: slim, version, round: this.#round });
    if (place === "statefulSet" || place === "pods") notePod(entry);
    const isNews = before === undefined || textOf(before.object) !== textOf(slim);
    if (isNews) this.onChange(key, place);
    this.#dropIfOver(key, entry);
  }

  #remove(key: RunKey, place: Place, { metadata }: KubeObject): void {
    const entry = this.#entries.get(asText(key));
    const known = entry?.[place].get(metadata!.name!);
    // One of the same name that was made since is another object.
    if (entry === undefined || known === undefined || known.object.metadata?.uid !== metadata!.uid) return;
    entry[place].delete(metadata!.name!);
    if (place === "statefulSet" || place === "pods") notePod(entry);
    this.onChange(key, place);
    this.#dropIfOver(key, entry);
  }

  #forgetBefore(place: Place, round: number): void {
    for (const [text, entry] of [...this.#entries]) {
      const [namespace, name] = text.split("/");
      for (const known of [...entry[place].values()]) {
        if (known.round < round) this.#remove({ namespace: namespace!, name: name! }, place, known.object);
      }
    }
  }

  #dropIfOver(key: RunKey, entry: Entry): void {
    if (entry.statefulSet.size > 0 || !isOver(only(entry.run))) return;
    for (const place of ["run", "taskRuns", "children"] as const) entry[place].clear();
    if (entry.pods.size === 0) this.#entries.delete(asText(key));
  }
}

const only = <T>(objects: Objects<T> | undefined): T | undefined => objects?.values().next().value?.object;
const all = <T>(objects: Objects<T> | undefined): T[] =>
  objects === undefined ? [] : [...objects.values()].map(({ object }) => object);

const wasLetGo = (entry: Entry): boolean => {
  const run = only(entry.run);
  return run !== undefined && !isHeldByUs(run);
};

function keyOf(place: Place, object: KubeObject): RunKey | undefined {
  const { metadata } = object;
  return place === "run" ? { namespace: metadata!.namespace!, name: metadata!.name! } : rootRunOf(object);
}

/** Clusters keep many runs that have ended, with their TaskRuns. */
function isOfInterest(place: Place, object: KubeObject, entry: Entry | undefined): boolean {
  switch (place) {
    case "run":
      return !hasEnded(object as PipelineRun) || entry !== undefined;
    case "taskRuns":
    case "children":
      return entry !== undefined && (entry.run.size > 0 || entry.statefulSet.size > 0);
    case "pods":
    case "statefulSet":
      return true;
  }
}

function slimOf(place: Place, object: KubeObject): KubeObject {
  switch (place) {
    case "run":
    case "children":
      return slimRun(object as PipelineRun);
    case "statefulSet":
      return slimStatefulSet(object as V1StatefulSet);
    case "pods":
      return slimPod(object as V1Pod);
    case "taskRuns":
      return slimTaskRun(object as TaskRun);
  }
}

/** Keeps since when a StatefulSet has been without its pod. */
function notePod(entry: Entry): void {
  const isMissing = entry.statefulSet.size > 0 && !all(entry.pods).some(isPlaceholderPod);
  if (!isMissing) entry.podMissingSince = undefined;
  else entry.podMissingSince ??= new Date();
}
