/** What every check of the observer looks like. */
import type { KubernetesObject } from "@kubernetes/client-node";
import type { Write } from "../testbed/audit";
import { fullName, uidOf } from "./objects";
import type { Seen, World } from "./world";

export interface Violation {
  invariant: string;
  /** Milliseconds since the epoch. */
  at: number;
  message: string;
  /** UIDs of the objects whose history tells more. */
  uids: string[];
}

/**
 * A claim that is checked at every change. It counts how often it was exercised: only checks that could have
 * failed. Pure: no clock but the times that it is told.
 */
export interface Invariant {
  readonly name: string;
  /** One sentence. */
  readonly claim: string;
  exercised(): number;
  /** After the world took the change in. */
  see(seen: Seen, world: World): Violation[];
  /** A write of the operator's, whether or not it went through. */
  wrote?(write: Write, world: World): Violation[];
  /** Faults begin, or are over: from now on bounds count. */
  phase?(isCalm: boolean, at: number): void;
  /** Time has passed. */
  tick?(now: number, world: World): Violation[];
}

export const violation = (
  { name }: { name: string },
  at: number,
  message: string,
  ...objects: (KubernetesObject | undefined)[]
): Violation => ({
  invariant: name,
  at,
  message,
  uids: objects.flatMap(object => (object === undefined ? [] : [uidOf(object)])),
});

export const nameOf = (object: KubernetesObject): string => `${fullName(object)} (${uidOf(object)})`;
