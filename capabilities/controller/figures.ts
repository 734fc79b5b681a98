/** What the store shows of all runs, in figures. Pure. */
import { sum, NOTHING, type Resources } from "../demand/resources";
import { activePods, hasNode, placeholderPod, type Observed } from "../phases/observed";
import { phaseOf, stageOf, type Phase, type Stage } from "../phases/phase";
import { heldSince } from "../phases/placement-timeout";
import { podRequests } from "../room/pod-requests";

/** Stages in which a run has, or is to have, a placeholder of ours. */
export const COUNTED_STAGES = ["held", "placed"] as const satisfies readonly Stage[];
type Counted = (typeof COUNTED_STAGES)[number];

export interface Figures {
  /** How many runs there are, by stage and phase; those that there are none of are left out. */
  runs: ReadonlyMap<Counted, ReadonlyMap<Phase, number>>;
  /** Seconds for which the run that is held for longest has been; 0 when none is. */
  oldestHeldSeconds: number;
  /** What placeholders ask for that have a node: room that is kept. */
  reserved: Resources;
  /** What placeholders ask for that have none: room that is looked for. */
  wanted: Resources;
  /** What live pods of placed runs ask for. */
  used: Resources;
}

const isCounted = (stage: Stage): stage is Counted => (COUNTED_STAGES as readonly Stage[]).includes(stage);

export function figuresOf(all: Iterable<Observed>, now: Date): Figures {
  const runs = new Map<Counted, Map<Phase, number>>(COUNTED_STAGES.map(stage => [stage, new Map()]));
  let oldestHeldSeconds = 0;
  let [reserved, wanted, used] = [NOTHING, NOTHING, NOTHING];
  for (const observed of all) {
    const pod = placeholderPod(observed);
    if (pod !== undefined && hasNode(pod)) reserved = sum(reserved, podRequests(pod));
    else if (pod !== undefined) wanted = sum(wanted, podRequests(pod));
    used = sum(used, ...activePods(observed).map(podRequests));
    const stage = stageOf(observed.run);
    if (!isCounted(stage)) continue;
    const phases = runs.get(stage)!;
    const phase = phaseOf(observed);
    phases.set(phase, (phases.get(phase) ?? 0) + 1);
    if (stage !== "held") continue;
    const seconds = (now.getTime() - heldSince(observed.run!)) / 1000;
    if (seconds > oldestHeldSeconds) oldestHeldSeconds = seconds;
  }
  return { runs, oldestHeldSeconds, reserved, wanted, used };
}
