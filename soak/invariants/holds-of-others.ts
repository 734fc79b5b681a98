import { isDeepStrictEqual } from "node:util";
import {
  HELD_LABEL,
  NODE_LABEL,
  OPT_IN_LABEL,
  PENDING,
  PHASE_LABEL,
  PLACEHOLDER_LABEL,
} from "../../capabilities/keys";
import { hasEnded, isHeldByUs, type PipelineRun } from "../../capabilities/tekton/objects";
import type { Write } from "../../testbed/audit";
import { nameOf, violation, type Invariant, type Violation } from "../invariant";
import { labelOf } from "../objects";
import type { Seen, World } from "../world";

const isHeldByOthers = (run: PipelineRun): boolean =>
  run.spec?.status === PENDING && labelOf(run, HELD_LABEL) === undefined && !hasEnded(run);

/** A run that is placed is told where its placeholder has moved to. */
const staysPlaced = (before: PipelineRun, run: PipelineRun): boolean =>
  labelOf(before, PLACEHOLDER_LABEL) !== undefined && before.spec?.status === run.spec?.status;

const OURS: readonly string[] = [PLACEHOLDER_LABEL, PHASE_LABEL, NODE_LABEL];

const labelsOfOthers = ({ metadata }: PipelineRun): object =>
  Object.fromEntries(Object.entries(metadata?.labels ?? {}).filter(([key]) => !OURS.includes(key)));

const specBeside = ({ spec }: PipelineRun): object => ({ ...spec, status: undefined });

/** A guard that failed: the world had changed under the write. */
const GUARDED = [404, 409, 422];

export class HoldsOfOthers implements Invariant {
  readonly name = "holds of others";
  readonly claim =
    "a hold, or an end, that is not the operator's is never lifted, and nothing else of a run changed";
  #exercised = 0;

  exercised(): number {
    return this.#exercised;
  }

  see(seen: Seen): Violation[] {
    if (seen.kind !== "run" || seen.before === undefined) return [];
    const { before, object: run } = seen;
    if (seen.write === undefined) {
      const isOver = seen.type === "DELETED" || !isHeldByOthers(run);
      const tempts = labelOf(before, OPT_IN_LABEL) === "true" && isHeldByOthers(before);
      if (tempts && isOver) this.#exercised++;
      return [];
    }
    const wrongs = [
      ...(isHeldByUs(before) || staysPlaced(before, run)
        ? []
        : [`its status was ${before.spec?.status ?? "empty"}, which the operator had not set`]),
      ...(isDeepStrictEqual(specBeside(before), specBeside(run)) ? [] : ["its spec was changed"]),
      ...(seen.type === "DELETED" ? ["it was deleted"] : []),
      ...this.#foreignLabels(before, run),
    ];
    return wrongs.map(wrong =>
      violation(this, seen.at, `the operator wrote to ${nameOf(run)}: ${wrong}`, run),
    );
  }

  #foreignLabels(before: PipelineRun, run: PipelineRun): string[] {
    return isDeepStrictEqual(labelsOfOthers(before), labelsOfOthers(run))
      ? []
      : ["labels that are not its own were changed"];
  }

  wrote({ resource, code }: Write, _world: World): Violation[] {
    if (resource === "pipelineruns" && GUARDED.includes(code)) this.#exercised++;
    return [];
  }
}
