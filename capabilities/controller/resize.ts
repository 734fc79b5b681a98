/** Resizes a placeholder's pod, and remembers what came of it otherwise than it was written. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { Log } from "pepr";
import { exceeds, type Resources } from "../demand/resources";
import { describeError, isResizeRefused, refusalOf } from "../kube/errors";
import type { Observed } from "../phases/observed";
import { refusalReason } from "../phases/refusal";
import { recordOf } from "../placement/record";
import { leastAllowed } from "../room/namespace-bounds";
import { hasLimits, requestedBy, reservationOf, resizedResources } from "../room/placeholder-size";
import { resizable, withFloor, type Reservation } from "../room/reservation";
import { alteredBy, loweredFrom, loweredWarning, raisedWarning } from "../room/resized";
import { asText, type RunKey } from "../tekton/run-key";
import { countMove, countRefusedResize } from "./metrics";
import { GO_ON, type Parts, type Result, type TellLater } from "./parts";
import { noteGrowthRefused, noteRaised, pinByFloor } from "./template-changes";

interface Size {
  pod: V1Pod;
  size: Resources;
}

export class Resize {
  /** Whether the log has said that placeholders cannot be resized: it is so for all of them, or for none. */
  #saidNoResize = false;

  constructor(
    private readonly parts: Parts,
    private readonly teller: TellLater,
  ) {}

  async do(to: Size, key: RunKey, observed: Observed): Promise<Result> {
    const { cluster, store } = this.parts;
    const { pod, size } = to;
    const statefulSet = observed.statefulSet!;
    const grows = exceeds(size, requestedBy(pod.spec!)).length > 0;
    try {
      const resources = resizedResources(pod, size, hasLimits(statefulSet));
      const resized = await cluster.placeholders.resizePod(pod, resources);
      store.written("pods", resized);
      return await this.#after(resized, size, key, grows);
    } catch (error) {
      if (!isResizeRefused(error)) throw error;
      const raised = await this.#withRisenFloor(error, statefulSet);
      if (raised !== undefined) return this.#changed(cluster.placeholders.reserve(statefulSet, raised));
      countRefusedResize(grows ? "growth" : "shrink");
      if (grows) return this.#changed(noteGrowthRefused(cluster, statefulSet));
      const why = "A placeholder cannot be resized in place: a small one takes its place and keeps no room";
      if (!this.#saidNoResize) Log.warn({ run: asText(key), error: describeError(error) }, why);
      this.#saidNoResize = true;
      const result = await this.#changed(pinByFloor(cluster, observed.run!, statefulSet, pod));
      countMove("not_resizable");
      return result;
    }
  }

  /** A LimitRange's min may have risen since the placeholder was made. Then it is not resizes that are refused. */
  async #withRisenFloor(error: unknown, seen: V1StatefulSet): Promise<Reservation | undefined> {
    if (refusalReason(refusalOf(error) ?? "") !== "limit_range") return undefined;
    const { limitRanges } = await this.parts.cluster.surroundings.bounds(seen.metadata!.namespace!);
    return withFloor(reservationOf(seen), leastAllowed(limitRanges));
  }

  /** What a policy has made of it is remembered, so that it is not written again and again. */
  async #after(resized: V1Pod, size: Resources, key: RunKey, grows: boolean): Promise<Result> {
    const { cluster, store } = this.parts;
    const { raised, isLowered } = alteredBy(resized, size);
    // As it is now: the step may have written to it before.
    const { run, statefulSet } = store.lookUp(key).observed;
    if (statefulSet === undefined) return GO_ON;
    if (isLowered) {
      const asked = requestedBy(resized.spec!);
      this.teller.tellLater(run, [loweredWarning(loweredFrom(resizable(size), asked), asked)]);
    }
    if (grows && isLowered) {
      return this.#changed(noteGrowthRefused(cluster, statefulSet));
    }
    if (exceeds(raised, recordOf(statefulSet).raisedTo ?? {}).length === 0) return GO_ON;
    // Told first: once it is remembered, nobody else tells it.
    this.teller.tellLater(run, [raisedWarning(raised, size)]);
    return this.#changed(noteRaised(cluster, statefulSet, raised));
  }

  async #changed(writing: Promise<V1StatefulSet>): Promise<Result> {
    this.parts.store.statefulSet("MODIFIED", await writing);
    return GO_ON;
  }
}
