/** The step for what is seen, for tests: it is required to be the same for what the store keeps of it. */
import { expect } from "@jest/globals";
import type { Observed } from "../phases/observed";
import type { Step } from "../phases/steps";
import { nextStep } from "../phases/table";
import { slimPod } from "../store/slim-pod";
import { slimRun, slimTaskRun } from "../store/slim-run";
import { slimStatefulSet } from "../store/slim-stateful-set";
import { SETTINGS } from "./builders";

export function slimmed(seen: Observed): Observed {
  return {
    ...seen,
    run: seen.run && slimRun(seen.run),
    statefulSet: seen.statefulSet && slimStatefulSet(seen.statefulSet),
    pods: seen.pods.map(slimPod),
    taskRuns: seen.taskRuns.map(slimTaskRun),
    customRuns: seen.customRuns.map(slimTaskRun),
    children: seen.children.map(slimRun),
  };
}

/** A step names its pod as it was seen; which one it is has to be the same. */
const comparable = (step: Step) => ({ ...step, pod: "pod" in step ? step.pod.metadata?.uid : undefined });

/** @param onNeverFits the setting of that name */
export function stepFor(seen: Observed, now = new Date(0), onNeverFits = SETTINGS.ON_NEVER_FITS): Step {
  const settings = { ...SETTINGS, ON_NEVER_FITS: onNeverFits };
  const step = nextStep(seen, settings, now);
  expect(comparable(nextStep(slimmed(seen), settings, now))).toEqual(comparable(step));
  return step;
}
