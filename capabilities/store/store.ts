/**
 * What the watches have seen, by root run: looking at a run is a look-up. It is a copy of what the API server has, a
 * moment old: writes carry guards, and a fresh read stands before the few steps where an old picture could hurt.
 *
 * Objects are ordered by resourceVersion, so that an older event does not undo a newer one or an answer to a write.
 * What is over leaves it: a run with its TaskRuns and children, once it has ended and its placeholder is gone.
 */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { hasCustomTasks, hasFinished } from "../phases/observed";
import { nodeRoom, type NodeRoom } from "../placement/node-room";
import type { EndingKeys } from "../placement/node-state";
import { hasEnded, isChild, type CustomRun, type PipelineRun, type TaskRun } from "../tekton/objects";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import { asText, fromText, type RunKey } from "../tekton/run-key";
import {
  all,
  hasRunOrPlaceholder,
  isOver,
  newEntry,
  only,
  wasLetGo,
  type Entry,
  type KubeObject,
  type Place,
} from "./entry";
import { isUpToDate, put, remove } from "./entry-changes";
import { isOfInterest, isPlaced, keyOf } from "./interest";
import { lookAt, type Look } from "./look";
import { NodeStore } from "./nodes";
import type { Sink } from "./reflector-options";
import { Remembered } from "./remembered";
import { Occupants, strandedOn } from "./stranded";
import type { ChangeType } from "./watch-events";

/** Called when something about the run has changed that a decision could depend on. */
export type OnChange = (run: RunKey, place: Place | "node") => void;

export class Store {
  readonly #entries = new Map<string, Entry>();
  /**
   * Objects that are gone, with the version of their end: the answer to a write may come after the event of that. One
   * that is told to be gone may be there all the same, and is as soon as it is seen again: it left what a watch selects
   * and came back, or kubernetes-fluent-client's list, which it takes every ten minutes, was older than its watch.
   */
  readonly #tombstones = new Remembered();
  /** Runs that ended without having been let go: no list of names tells that they are over. */
  readonly #over = new Remembered();
  #round = 0;
  /** The value of `coschedule` in Tekton's feature flags. */
  coschedule: string | undefined;
  /** Whether Tekton's own operator keeps those flags. */
  hasTektonOperator = false;
  /** Whether Tekton's pods have a sidecar that reads results. */
  resultsBySidecar = false;

  readonly nodes: NodeStore;
  readonly #occupants = new Occupants();

  /** @param isEnding which taints and annotations of a node announce its end; default: none */
  constructor(
    private readonly onChange: OnChange,
    isEnding: EndingKeys = () => false,
  ) {
    this.nodes = new NodeStore(isEnding, run => this.onChange(fromText(run), "node"));
  }

  /** Root runs and children; list them before pods. */
  readonly runs: Sink<PipelineRun> = this.#sink(["run", "children"], (type, run) =>
    this.#see(isChild(run) ? "children" : "run", type, run),
  );
  readonly pods: Sink<V1Pod> = this.#sink(["pods"], (type, pod) => this.#see("pods", type, pod));
  readonly taskRuns: Sink<TaskRun> = this.#sink(["taskRuns"], (type, taskRun) =>
    this.#see("taskRuns", type, taskRun),
  );
  /** What custom tasks became. Of runs without any there is nothing to miss. */
  readonly customRuns: Sink<CustomRun> = this.#sink(
    ["customRuns"],
    (type, customRun) => this.#see("customRuns", type, customRun),
    ({ statefulSet }) => hasCustomTasks(only(statefulSet)),
  );

  #sink<T extends KubeObject>(
    places: readonly Place[],
    event: (type: ChangeType, object: T) => void,
    mayMiss: (entry: Entry) => boolean = () => true,
  ): Sink<T> {
    let round = 0;
    return {
      begin: () => (round = ++this.#round),
      event,
      synced: () => places.forEach(place => this.#forgetBefore(place, round)),
      gap: () => {
        for (const entry of this.#entries.values()) {
          if (wasLetGo(entry) && mayMiss(entry)) entry.isComplete = false;
        }
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
    if (!this.#tombstones.hasLater(object)) this.#put(key, place, object);
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
    this.#entry(key).isStale = true;
  }

  /** All of the run has been read afresh. */
  markRead(key: RunKey): void {
    const entry = this.#entry(key);
    entry.isStale = false;
    entry.isComplete = true;
    this.#dropIfOver(key, entry);
  }

  lookUp(key: RunKey): Look {
    return lookAt(this.#entries.get(asText(key)), this, this.nodes, {
      strandedOn: node => this.#strandedOn(node, asText(key)),
      roomBeside: placeholder => this.#roomBeside(placeholder),
    });
  }

  #roomBeside(placeholder: V1Pod): NodeRoom | undefined {
    const node = placeholder.spec!.nodeName!;
    const allocatable = this.nodes.allocatableOf(node);
    if (allocatable === undefined) return undefined;
    const runs = new Set([...this.nodes.runsOn(node), ...this.#occupants.on(node)]);
    const pods = [...runs].flatMap(key => all(this.#entries.get(key)?.pods));
    return nodeRoom(
      placeholder,
      allocatable,
      pods.filter(pod => !hasFinished(pod)),
    );
  }

  #strandedOn(node: string, key: string): string | undefined {
    const entryOf = (text: string) => {
      const entry = this.#entries.get(text);
      return entry === undefined ? [] : [{ key: text, entry }];
    };
    const [here] = entryOf(key);
    const others = [...this.#occupants.on(node)].filter(other => other !== key).flatMap(entryOf);
    return here && strandedOn(node, here, others);
  }

  /** Every run that is not over or has a placeholder. */
  *keys(): Iterable<string> {
    for (const [text, entry] of this.#entries) if (hasRunOrPlaceholder(entry)) yield text;
  }

  isKnownToBeOver(run: KubeObject): boolean {
    return this.#over.has(run);
  }

  /** Whether the object, of which no more than its metadata need be there, is known as it is, or newer. */
  knows(key: RunKey, place: Place, object: KubeObject): boolean {
    const known = this.#entries.get(asText(key))?.[place].get(object.metadata!.name!);
    return known !== undefined && isUpToDate(known, place, object);
  }

  get size(): number {
    return this.#entries.size;
  }

  #entry(key: RunKey): Entry {
    const text = asText(key);
    let entry = this.#entries.get(text);
    if (entry === undefined) {
      entry = newEntry();
      this.#entries.set(text, entry);
    }
    return entry;
  }

  #see(place: Place, type: ChangeType, object: KubeObject): void {
    const key = keyOf(place, object);
    if (key === undefined) return;
    if (type === "DELETED") {
      this.#tombstones.add(object);
      this.#remove(key, place, object);
    } else if (!this.#tombstones.hasLater(object)) {
      this.#put(key, place, object);
    }
  }

  #put(key: RunKey, place: Place, object: KubeObject): void {
    const known = this.#entries.get(asText(key));
    if (place === "run" && hasEnded(object as PipelineRun) && !isPlaced(object as PipelineRun)) {
      this.#over.add(object);
    }
    if (!isOfInterest(place, object, known)) return;
    const entry = known ?? this.#entry(key);
    if (place === "pods") this.#notePod(key, entry.pods.get(object.metadata!.name!)?.object, object as V1Pod);
    if (put(entry, place, object, this.#round)) this.onChange(key, place);
    this.#dropIfOver(key, entry);
  }

  #notePod(key: RunKey, before: V1Pod | undefined, pod: V1Pod): void {
    if (!isPlaceholderPod(pod)) return this.#occupants.seen(pod, asText(key));
    if (before !== undefined && before.metadata?.uid !== pod.metadata!.uid) this.nodes.left(before);
    this.nodes.placed(pod, asText(key));
  }

  #remove(key: RunKey, place: Place, object: KubeObject): void {
    const entry = this.#entries.get(asText(key));
    const seen = entry?.[place].get(object.metadata!.name!)?.object;
    if (entry === undefined || !remove(entry, place, object)) return;
    if (place === "pods")
      (isPlaceholderPod(seen as V1Pod) ? this.nodes : this.#occupants).left(seen as V1Pod);
    this.onChange(key, place);
    this.#dropIfOver(key, entry);
  }

  #forgetBefore(place: Place, round: number): void {
    for (const [text, entry] of [...this.#entries]) {
      for (const known of [...entry[place].values()]) {
        if (known.round < round) this.#remove(fromText(text), place, known.object);
      }
    }
  }

  #dropIfOver(key: RunKey, entry: Entry): void {
    if (!isOver(entry)) return;
    for (const place of ["run", "taskRuns", "customRuns", "children"] as const) entry[place].clear();
    if (entry.pods.size === 0) this.#entries.delete(asText(key));
  }
}
