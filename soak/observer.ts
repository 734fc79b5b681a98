/** Puts what was seen in the order in which it happened, and asks every invariant about it. */
import type { Write } from "../testbed/audit";
import type { Change } from "../testbed/event-feed";
import type { Invariant, Violation } from "./invariant";
import { uidOf } from "./objects";
import { World, type Kind, type Kinds } from "./world";

/** Watches of different kinds, and the audit log, are behind one another by less than this. */
export const LAG_MILLISECONDS = 5_000;
/** How long the history of an object is kept that is gone. */
const KEPT_MILLISECONDS = 120_000;
/** A write of these moves what the object's history is about. */
const KIND_OF: Record<string, Kind> = { pipelineruns: "run", pods: "pod", statefulsets: "statefulSet" };

interface Arrived {
  kind: Kind;
  change: Change<Kinds[Kind]>;
}

export class Observer {
  readonly violations: Violation[] = [];
  /** Changes that came too late to be put in order: the checks are not to be trusted then. */
  late = 0;
  seen = 0;
  readonly #world = new World();
  #arrived: Arrived[] = [];
  #phases: { at: number; isCalm: boolean }[] = [];
  #upTo = 0;
  readonly #writes = new Map<string, Write>();
  readonly #history = new Map<string, Change<Kinds[Kind]>[]>();

  /** @param counted the time as bounds count it; see pace.ts */
  constructor(
    private readonly invariants: readonly Invariant[],
    private readonly counted: (at: number) => number = at => at,
  ) {}

  arrive(kind: Kind, change: Change<Kinds[Kind]>): void {
    this.#arrived.push({ kind, change });
  }

  phase(isCalm: boolean, at: number): void {
    this.#phases.push({ at, isCalm });
  }

  wrote(write: Write): void {
    for (const invariant of this.invariants) this.#tell(invariant.wrote?.(write, this.#world) ?? []);
    const [resource] = write.resource.split("/");
    if (write.code >= 300 || write.uid === undefined || KIND_OF[resource!] === undefined) return;
    const key = write.verb === "delete" ? `${write.uid} deleted` : `${write.uid} at ${write.revision}`;
    this.#writes.set(key, write);
  }

  /** Takes in what is old enough to be in order, and tells the time. */
  advance(now: number): void {
    const settled = now - LAG_MILLISECONDS;
    const watermark = Math.max(
      0,
      ...this.#arrived.filter(({ change }) => change.at <= settled).map(({ change }) => change.revision),
    );
    const due = this.#arrived.filter(({ change }) => change.revision <= watermark);
    this.#arrived = this.#arrived.filter(({ change }) => change.revision > watermark);
    due.sort((one, other) => one.change.revision - other.change.revision);
    for (const arrived of due) this.#take(arrived);
    this.#enterPhases(settled);
    const time = this.counted(settled);
    for (const invariant of this.invariants) this.#tell(invariant.tick?.(time, this.#world) ?? []);
    this.#forget(settled);
  }

  #take({ kind, change }: Arrived): void {
    this.#enterPhases(change.at);
    if (change.revision < this.#upTo) this.late++;
    this.#upTo = Math.max(this.#upTo, change.revision);
    this.seen++;
    const uid = uidOf(change.object);
    this.#history.set(uid, [...(this.#history.get(uid) ?? []), change]);
    const key = change.type === "DELETED" ? `${uid} deleted` : `${uid} at ${change.revision}`;
    const timed = { ...change, at: this.counted(change.at) };
    const seen = this.#world.take(kind, timed, this.#writes.get(key));
    this.#writes.delete(key);
    for (const invariant of this.invariants) this.#tell(invariant.see(seen, this.#world));
  }

  #enterPhases(at: number): void {
    const due = this.#phases.filter(phase => phase.at <= at);
    this.#phases = this.#phases.filter(phase => phase.at > at);
    for (const { at: time, isCalm } of due) {
      for (const invariant of this.invariants) invariant.phase?.(isCalm, this.counted(time));
    }
  }

  #tell(violations: Violation[]): void {
    this.violations.push(...violations);
  }

  #forget(now: number): void {
    const needed = new Set(this.violations.flatMap(({ uids }) => uids));
    for (const [uid, changes] of this.#history) {
      const { type, at } = changes.at(-1)!;
      if (type === "DELETED" && at + KEPT_MILLISECONDS < now && !needed.has(uid)) this.#history.delete(uid);
    }
  }

  /** Everything that was seen of the objects that the violation names. */
  historyOf({ uids }: Violation): Change<Kinds[Kind]>[] {
    return uids
      .flatMap(uid => this.#history.get(uid) ?? [])
      .sort((one, other) => one.revision - other.revision);
  }
}
