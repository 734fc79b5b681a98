/** Makes a run's placeholder. What a large run may cost this process is written on the run before. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import { Log } from "pepr";
import { stageOf } from "../phases/phase";
import type { Observed } from "../phases/observed";
import type { PipelineRun } from "../tekton/objects";
import { asText, type RunKey } from "../tekton/run-key";
import { begunBy, survivedBy } from "./attempts";
import type { MadeLately } from "./made-lately";
import { makePlaceholder, type Outcome } from "./make-placeholder";
import { noteAttempts, readAsSeen, WAIT, type Parts, type Result } from "./parts";

/** @param run with its whole spec */
export async function make(
  run: PipelineRun,
  key: RunKey,
  observed: Observed,
  parts: Parts,
  note: (text: string) => void,
  madeLately: MadeLately,
): Promise<Result> {
  const { cluster, settings, me, store, tektonDefaults } = parts;
  const beforeLarge = async (characters: number): Promise<void> => {
    if (stageOf(run) !== "held") return;
    Log.info({ run: asText(key), characters }, "A large run: what it needs is worked out now");
    await noteAttempts(parts, run, begunBy(run, me));
  };
  const survived = async (): Promise<void> => {
    const latest = store.lookUp(key).observed.run;
    if (latest !== undefined) await noteAttempts(parts, latest, survivedBy(latest, me));
  };
  let outcome: Outcome;
  try {
    const defaults = tektonDefaults();
    outcome = await makePlaceholder(run, observed, { cluster, settings, defaults, note, beforeLarge });
  } catch (error) {
    // What failed is what people have to know; tried again, the run counts as survived then.
    await survived().catch(() => undefined);
    throw error;
  }
  // Where it is made, that says it.
  if (!("made" in outcome)) await survived();
  const { warnings } = outcome;
  if ("refusal" in outcome) return { goOn: true, warnings, more: { refusal: outcome.refusal } };
  if ("contradictions" in outcome) {
    const blocked = `no one node can serve all of its pods: ${outcome.contradictions.join("; ")}`;
    return { goOn: false, warnings, blocked };
  }
  store.statefulSet("ADDED", outcome.made);
  madeLately.keep(outcome.made);
  return { goOn: false, warnings };
}

/**
 * Makes the pod of a placeholder whose StatefulSet's controller is behind. That one goes on to try: where the pod is there
 * already, it finds it. Whether the pod may be made is for that one to find out, too: a policy, or a missing permission,
 * may refuse it to this operator alone. What it finds its Events say.
 */
export async function makePod(
  seen: V1StatefulSet,
  key: RunKey,
  { cluster, store }: Parts,
  madeLately: MadeLately,
): Promise<Result> {
  // The store has no whole template.
  const whole = madeLately.take(seen) ?? (await readAsSeen(cluster, seen));
  const made = await cluster.placeholders.createPod(whole);
  if ("pod" in made) store.written("pods", made.pod);
  else Log.debug({ run: asText(key), ...made }, "The pod was not made here");
  return WAIT;
}
