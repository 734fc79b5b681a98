/** What people are told when a run is placed, and when its placeholder leaves its node. Pure. */
import { exceeds, toQuantities, type Resources } from "../demand/resources";
import type { Observed } from "../phases/observed";
import type { Step } from "../phases/steps";
import { WAITS_SECONDS } from "../phases/waiting";
import { reservationOf } from "../room/placeholder-size";
import { resizable, sizeAtRelease } from "../room/reservation";
import { asSentence, type Warning } from "../tekton/warning";

type Of<K extends Step["kind"]> = Extract<Step, { kind: K }>;

const listed = (resources: Resources): string =>
  Object.entries(toQuantities(resources))
    .map(([name, quantity]) => `${name} ${quantity}`)
    .join(", ");

/** For people: tenths of a second only while they mean something. */
export const duration = (seconds: number): string =>
  seconds < 10
    ? `${seconds.toFixed(1)} s`
    : seconds < 120
      ? `${Math.round(seconds)} s`
      : `${Math.round(seconds / 60)} min`;

/** What is known of the reservation where nobody remembers more. */
function reserved({ statefulSet }: Observed): string | undefined {
  const { ask, floor } = reservationOf(statefulSet!);
  return exceeds(ask, floor).length === 0 ? undefined : `Its placeholder asks for ${listed(ask)}.`;
}

/**
 * Of a run that was placed at once and keeps no room there is nothing to say: its labels and annotations have its node.
 *
 * @param notes on its reservation
 */
export function placedEvent(
  { node }: Of<"release">,
  observed: Observed,
  heldSeconds: number,
  notes: string | undefined,
): Warning | undefined {
  const waited = heldSeconds >= WAITS_SECONDS;
  const about = notes ?? (waited ? undefined : reserved(observed));
  if (about === undefined && !waited) return undefined;
  const reservation = reservationOf(observed.statefulSet!);
  const kept = sizeAtRelease(reservation);
  const keeps = about !== undefined && exceeds(kept, resizable(reservation.floor)).length > 0;
  const parts = [
    `Placed on ${node} after ${duration(heldSeconds)}.`,
    about,
    keeps ? `Beside its first pods, ${listed(kept)} stay reserved for later ones.` : undefined,
  ];
  const message = parts.filter(part => part !== undefined).join(" ");
  return { type: "Normal", reason: "Placed", message, about: "placed" };
}

/** The run goes on; its next pods follow its placeholder. */
export function movingEvent({ pod, why }: Of<"start-over">): Warning {
  const from = pod.spec?.nodeName;
  return {
    type: "Normal",
    reason: "Moving",
    message: `Its placeholder ${from ? `leaves ${from} and ` : ""}looks for a node anew: ${asSentence(why)}`,
  };
}
