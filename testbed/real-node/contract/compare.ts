/** Holds what a stand-in did against what a kubelet did. Pure. */
import { stateText, type Recording, type SeenState } from "./states";

export interface Comparison {
  /** What a kubelet does not do: wrong in any case. */
  wrong: string[];
  /** What only a kubelet does. */
  leftOut: string[];
}

const ofPod = (states: readonly SeenState[], pod: string): SeenState[] =>
  states.filter(item => item.pod === pod);

/** The state in which each step left the pod: the last one seen before the next step. */
function lastOfEachStep(states: readonly SeenState[]): Map<number, SeenState> {
  return new Map(states.map(state => [state.step, state]));
}

/** States that are not among the wanted ones, or not in their order. */
function outOfOrder(wanted: readonly string[], shown: readonly string[]): string[] {
  let from = 0;
  return shown.filter(text => {
    const at = wanted.indexOf(text, from);
    if (at >= 0) from = at + 1;
    return at < 0;
  });
}

function compareStates(kubelet: Recording, standIn: Recording): Comparison {
  const pods = [...new Set(kubelet.states.map(({ pod }) => pod))];
  const wrong: string[] = [];
  const leftOut: string[] = [];
  for (const pod of pods) {
    const real = ofPod(kubelet.states, pod);
    const played = ofPod(standIn.states, pod);
    const [wanted, shown] = [real, played].map(states => states.map(stateText));
    wrong.push(...outOfOrder(wanted!, shown!).map(text => `shows ${text}`));
    leftOut.push(...wanted!.filter(text => !shown!.includes(text)).map(text => `never shows ${text}`));
    const ends = lastOfEachStep(played);
    for (const [step, end] of lastOfEachStep(real)) {
      const other = ends.get(step);
      if (other !== undefined && stateText(other) !== stateText(end)) {
        wrong.push(`${pod} ends step ${step} with ${stateText(other)} in place of ${stateText(end)}`);
      }
    }
  }
  return { wrong, leftOut };
}

/** Where only the end can be compared: the last state of each pod. @returns what is wrong */
export function compareEnds(kubelet: Recording, standIn: Recording): string[] {
  const [wanted, shown] = [kubelet, standIn].map(
    ({ states }) => new Map(states.map(state => [state.pod, stateText(state)])),
  );
  return [...wanted!]
    .filter(([pod, text]) => shown!.get(pod) !== text)
    .map(([pod, text]) => `${kubelet.scenario}: ${pod} ends with ${shown!.get(pod)} in place of ${text}`);
}

/** Events about resizes; how a container starts is not what is stood in for. */
const ABOUT_RESIZES = /^Resize/;

function compareEvents(kubelet: Recording, standIn: Recording): Comparison {
  const [wanted, shown] = [kubelet, standIn].map(({ events }) =>
    events
      .filter(({ reason }) => ABOUT_RESIZES.test(reason))
      .map(({ pod, step, type, reason }) => `${type} ${reason} of ${pod} in step ${step}`),
  );
  return {
    wrong: shown!.filter(text => !wanted!.includes(text)).map(text => `tells ${text}`),
    leftOut: wanted!.filter(text => !shown!.includes(text)).map(text => `never tells ${text}`),
  };
}

function compareRefusals(kubelet: Recording, standIn: Recording): Comparison {
  const [wanted, shown] = [kubelet, standIn].map(({ refusals }) =>
    refusals.map(({ step, code }) => `step ${step} with status ${code}`),
  );
  return {
    wrong: [
      ...shown!.filter(text => !wanted!.includes(text)).map(text => `refuses ${text}`),
      ...wanted!.filter(text => !shown!.includes(text)).map(text => `does not refuse ${text}`),
    ],
    leftOut: [],
  };
}

/** Milliseconds from each step until nothing more changed. */
export function settlingTimes({ states }: Recording): number[] {
  const ends = lastOfEachStep(states.filter(({ pod, step }) => pod === "main" && step >= 0));
  return [...ends.values()].map(({ milliseconds }) => milliseconds);
}

/** Beside the times, which differ from run to run: see {@link settlingTimes}. */
export function compare(kubelet: Recording, standIn: Recording): Comparison {
  const all = [compareStates, compareEvents, compareRefusals].map(part => part(kubelet, standIn));
  const named = (text: string): string => `${kubelet.scenario}: ${text}`;
  return {
    wrong: all.flatMap(({ wrong }) => wrong).map(named),
    leftOut: all.flatMap(({ leftOut }) => leftOut).map(named),
  };
}
