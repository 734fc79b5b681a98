/** What a pod of each of a run's tasks asks for. A task that many places name is reckoned once. */
import { sizeOf, type Allowance } from "./allowance";
import type { Expansion, Named, Place } from "./expansion";
import { limitRangeRules, type LimitRangeRules } from "./limit-ranges";
import { MOST_CHARACTERS, MOST_CONTAINERS } from "./limits";
import type { Definitions, TaskRunOverrides, TaskSpec } from "./pipeline-spec";
import { podDemand, type PodDemand, type PodRules } from "./pod-demand";
import { InvalidQuantity, NOTHING, TooMuch, type Resources } from "./resources";
import { objectsOf } from "./untrusted";

export interface PodDemands {
  /** For each place. */
  asked: Resources[];
  limitRangesLeftOut: string[];
  /** Tasks with a quantity that does not parse. */
  invalid: Named[];
  /** Tasks with more of something than is reckoned with. */
  tooMuch: Named[];
  /** Tasks whose pods Kubernetes will refuse. */
  refused: Named[];
}

/** What cannot be reckoned, or undefined for any other error. */
const unreckonable = (error: unknown): InvalidQuantity | TooMuch | undefined =>
  error instanceof InvalidQuantity || error instanceof TooMuch ? error : undefined;

type Outcome = PodDemand | InvalidQuantity | TooMuch;

class Reckoner {
  private readonly reckoned = new Map<TaskSpec, Outcome>();
  private readonly sizes = new Map<TaskSpec, number>();

  constructor(
    private readonly rules: PodRules,
    private readonly allowance: Allowance,
  ) {}

  outcome(task: TaskSpec, overrides: TaskRunOverrides | undefined): Outcome {
    const before = overrides === undefined ? this.reckoned.get(task) : undefined;
    if (before !== undefined) return before;
    const found = this.newOutcome(task, overrides);
    if (overrides === undefined) this.reckoned.set(task, found);
    return found;
  }

  private newOutcome(task: TaskSpec, overrides: TaskRunOverrides | undefined): Outcome {
    try {
      if (!this.allowance.takes(this.costOf(task, overrides))) {
        throw new TooMuch(`of one run, ${MOST_CHARACTERS} characters are read`);
      }
      return podDemand(task, overrides, this.rules);
    } catch (error) {
      const reason = unreckonable(error);
      if (reason === undefined) throw error;
      return reason;
    }
  }

  /** What is said once for all steps is put into each of them, and that takes longer than reading it. */
  private costOf(task: TaskSpec, overrides: TaskRunOverrides | undefined): number {
    const size = this.sizes.get(task) ?? sizeOf(task);
    this.sizes.set(task, size);
    const containers = objectsOf(task.steps).length + objectsOf(task.sidecars).length;
    const forEach = [task.stepTemplate, overrides?.computeResources, this.rules.limitRanges.ofContainer];
    return size + sizeOf(overrides) + 4 * Math.min(containers, MOST_CONTAINERS) * sizeOf(forEach);
  }
}

/** RuntimeClasses add to it, see withOverheads. */
export function podDemands(
  { places, allowance }: Expansion,
  definitions: Definitions,
  unknownTask: Resources,
): PodDemands {
  const demands: PodDemands = { asked: [], limitRangesLeftOut: [], invalid: [], tooMuch: [], refused: [] };
  const { containerDefaults, demanded, resultsBySidecar } = definitions;
  const limitRanges = rulesOf(definitions, demands);
  const reckoner = new Reckoner({ limitRanges, containerDefaults, demanded, resultsBySidecar }, allowance);
  const askedBy = (place: Place): Resources => {
    const { name, task, overrides } = place;
    if (task === "join" || task === "custom") return NOTHING;
    if (task === "unread") return unknownTask;
    const outcome = reckoner.outcome(task, overrides);
    if (!(outcome instanceof Error)) {
      if (outcome.refusal !== undefined) demands.refused.push({ name, why: outcome.refusal });
      return outcome.requests;
    }
    const isTooMuch = outcome instanceof TooMuch || outcome.isTooLarge;
    const list = isTooMuch ? demands.tooMuch : demands.invalid;
    list.push({ name, why: outcome.found });
    return unknownTask;
  };
  for (const place of places) demands.asked.push(askedBy(place));
  return demands;
}

function rulesOf({ limitRanges }: Definitions, { limitRangesLeftOut }: PodDemands): LimitRangeRules {
  try {
    return limitRangeRules(limitRanges);
  } catch (error) {
    const reason = unreckonable(error);
    if (reason === undefined) throw error;
    limitRangesLeftOut.push(`The namespace's LimitRanges are left out: ${reason.message}.`);
    return limitRangeRules([]);
  }
}
