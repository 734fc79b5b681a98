/** What a policy of the cluster made of a resize of the placeholder's pod: settled means what was written, or more. */
import type { V1Pod } from "@kubernetes/client-node";
import { amountOf, exceeds, maximum, minimum, toQuantities, type Resources } from "../demand/resources";
import { APP_NAME, APP_NAME_LABEL } from "../keys";
import type { Warning } from "../tekton/warning";
import { requestedBy } from "./placeholder-size";
import { resizable } from "./reservation";

/** In which direction the pod came out of it otherwise than it was asked for. */
export interface Altered {
  /** Resources that came out higher, with what they are now; none when there are none. */
  raised: Resources;
  /** Whether any came out lower. */
  isLowered: boolean;
}

export function alteredBy(pod: V1Pod, size: Resources): Altered {
  const came = resizable(requestedBy(pod.spec!));
  const names = exceeds(came, size);
  return {
    raised: Object.fromEntries(names.map(name => [name, amountOf(came, name)])),
    isLowered: exceeds(resizable(size), came).length > 0,
  };
}

/** What is asked for, and not less of anything than the pod was once raised to, as long as it asks for that. */
export function notBelowRaised(
  size: Resources,
  asked: Resources,
  raisedTo: Resources | undefined,
): Resources {
  if (raisedTo === undefined) return size;
  const known = Object.fromEntries(Object.keys(raisedTo).map(name => [name, amountOf(asked, name)]));
  return resizable(maximum(size, minimum(raisedTo, known)));
}

/** What the pod asks for less of than was written: a policy lowers it, when it is made or when it is resized. */
export const loweredFrom = (written: Resources, asked: Resources): Resources => {
  const names = exceeds(written, asked);
  return Object.fromEntries(names.map(name => [name, amountOf(written, name)]));
};

const listed = (resources: Resources): string =>
  Object.entries(toQuantities(resources))
    .map(([name, quantity]) => `${name} ${quantity}`)
    .join(", ");

export function raisedWarning(raised: Resources, size: Resources): Warning {
  const wanted = Object.fromEntries(Object.keys(raised).map(name => [name, amountOf(size, name)]));
  return {
    reason: "PlaceholderRaised",
    about: Object.keys(raised).sort().join(),
    message:
      `The placeholder asks for ${listed(raised)} where ${listed(wanted)} was written: an admission policy or webhook ` +
      `of the cluster raises it. The run goes on, with so much less room for its pods on the node; it is not tried ` +
      `again. Take pods with the label ${APP_NAME_LABEL}=${APP_NAME} out of that policy.`,
  };
}

/** @param asked what the pod asks for */
export function loweredWarning(lowered: Resources, asked: Resources): Warning {
  const is = Object.fromEntries(Object.keys(lowered).map(name => [name, amountOf(asked, name)]));
  return {
    reason: "PlaceholderLowered",
    about: Object.keys(lowered).sort().join(),
    message:
      `The placeholder asks for ${listed(is)} where ${listed(lowered)} was written: an admission policy or webhook of ` +
      `the cluster lowers it. So much less room is kept for the run's pods; a run that has not started waits. Take pods ` +
      `with the label ${APP_NAME_LABEL}=${APP_NAME} out of that policy.`,
  };
}
