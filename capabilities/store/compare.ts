/**
 * Compares what the watches have told with what is there, by metadata alone: an event that never came, or a watch that
 * fell silent, costs time, but never correctness. What differs is read afresh.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { HELD, HELD_LABEL, PLACEHOLDER_LABEL, PLACEHOLDER_SELECTOR } from "../keys";
import type { Cluster } from "../kube/cluster";
import { ACTIVE_PODS } from "../kube/pages";
import { underWay } from "../phases/observed";
import { isServed, stageOf } from "../phases/phase";
import { isChild } from "../tekton/objects";
import { rootRunOf } from "./root-run";
import { asText, fromText, type RunKey } from "../tekton/run-key";
import type { Place } from "./entry";
import type { Store } from "./store";

interface Named {
  metadata?: V1ObjectMeta;
}

/** Names of what was listed, by run. */
type Listed = Map<string, Set<string>>;

/** Something that the store does not know yet, or does not know to be gone. */
interface Difference {
  run: RunKey;
  isLeft: () => boolean;
}

/** Between two looks at whether the watches have told by now what a list already had. */
const LOOK_MILLISECONDS = 250;
/** Looks in a row at which nothing more had been told: what is left then is not on its way. */
const QUIET_LOOKS = 8;
/** However many are told one after another. */
const MOST_LOOKS = 240;

export interface Waiting {
  /** Until the next look; tests let something happen meanwhile. */
  pause: () => Promise<unknown>;
  /** Whether anybody still wants to know. */
  isOn: () => boolean;
}

const WAITING: Waiting = { pause: () => delay(LOOK_MILLISECONDS), isOn: () => true };

export async function compare(
  cluster: Cluster,
  store: Store,
  differs: (run: RunKey) => void,
  waiting: Partial<Waiting> = {},
): Promise<void> {
  const differences = [
    ...(await statefulSets(cluster, store)),
    ...(await runs(cluster, store)),
    ...(await pods(cluster, store)),
    ...waitingForEnds(store),
  ];
  const how = { ...WAITING, ...waiting };
  const left = await whatIsNeverTold(differences, how);
  if (!how.isOn()) return;
  for (const { run } of left) {
    store.markStale(run);
    differs(run);
  }
}

/** Among many runs watches lag by seconds. As long as they catch up, to read afresh would only add to the load. */
async function whatIsNeverTold(differences: Difference[], { pause, isOn }: Waiting): Promise<Difference[]> {
  let left = differences;
  let quiet = 0;
  for (let looks = 0; looks < MOST_LOOKS && quiet < QUIET_LOOKS && left.length > 0; looks++) {
    if (!isOn()) break;
    await pause();
    const before = left.length;
    left = left.filter(({ isLeft }) => isLeft());
    quiet = left.length === before ? quiet + 1 : 0;
  }
  return left;
}

async function statefulSets(cluster: Cluster, store: Store): Promise<Difference[]> {
  const comparison = new Comparison(store, "statefulSet");
  await cluster.eachName("statefulsets", { labelSelector: PLACEHOLDER_SELECTOR }, object => {
    const run = rootRunOf(object);
    if (run !== undefined) comparison.note(run, object);
  });
  return comparison.differences();
}

/** One that is not known and was let go is over, or has a placeholder, of which the list above tells. */
async function runs(cluster: Cluster, store: Store): Promise<Difference[]> {
  const comparison = new Comparison(store, "run");
  await cluster.eachName("pipelineruns", { labelSelector: HELD_LABEL }, object => {
    const { namespace, name, labels } = object.metadata!;
    const run = { namespace: namespace!, name: name! };
    const isKnown = (["run", "statefulSet"] as const).some(place => store.names(run, place).length > 0);
    const wasHeld = labels?.[HELD_LABEL] === HELD && labels[PLACEHOLDER_LABEL] === undefined;
    const mayBeNew = wasHeld && !store.isKnownToBeOver(object);
    if (!isChild(object) && (isKnown || mayBeNew)) comparison.note(run, object);
  });
  return comparison.differences();
}

async function pods(cluster: Cluster, store: Store): Promise<Difference[]> {
  const comparison = new Comparison(store, "pods");
  const selectors = { labelSelector: PLACEHOLDER_LABEL, fieldSelector: ACTIVE_PODS };
  await cluster.eachName("pods", selectors, object => {
    const run = rootRunOf(object);
    if (run !== undefined) comparison.note(run, object);
  });
  return comparison.differences();
}

/**
 * TaskRuns are not listed: clusters keep many. Where a placeholder outlives its run for TaskRuns and child runs that are
 * said to be under way, no event may have told of their end.
 */
function waitingForEnds(store: Store): Difference[] {
  const isWaiting = (run: RunKey): boolean => {
    const { observed } = store.lookUp(run);
    const isOver = observed.statefulSet !== undefined && !isServed(stageOf(observed.run));
    return isOver && underWay(observed).length > 0;
  };
  const waiting = [...store.keys()].map(fromText).filter(isWaiting);
  return waiting.map(run => ({ run, isLeft: () => isWaiting(run) }));
}

/** The objects of one place, as they are listed, beside those that the store had when the list began. */
class Comparison {
  readonly #before: Listed;
  readonly #listed: Listed = new Map();
  readonly #found: Difference[] = [];

  constructor(
    private readonly store: Store,
    private readonly place: Place,
  ) {
    this.#before = new Map(
      [...store.keys()].map(text => [text, new Set(store.names(fromText(text), place))]),
    );
  }

  note(run: RunKey, object: Named): void {
    const { store, place } = this;
    const name = object.metadata!.name!;
    const names = this.#listed.get(asText(run)) ?? new Set();
    this.#listed.set(asText(run), names.add(name));
    const isLeft = () => !store.knows(run, place, object);
    if (isLeft()) this.#found.push({ run, isLeft });
  }

  differences(): Difference[] {
    for (const [text, names] of this.#before) {
      const there = this.#listed.get(text);
      const run = fromText(text);
      const missing = [...names].filter(name => there?.has(name) !== true);
      const isLeft = () => missing.some(name => this.store.names(run, this.place).includes(name));
      if (isLeft()) this.#found.push({ run, isLeft });
    }
    return this.#found;
  }
}
