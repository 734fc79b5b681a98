/** Growth of a placeholder that its node could not give, and what people are told of it. */
import { toQuantities } from "../demand/resources";
import { KEY_PREFIX } from "../keys";
import { resizable } from "../room/reservation";
import type { Warning } from "../tekton/warning";
import type { Sight } from "./sight";

/** Milliseconds until a placeholder whose growth was refused may ask again; 0 when it may. */
export function growthPause({ record, now, settings }: Sight): number {
  const refused = Date.parse(record.growthRefusedAt ?? "");
  if (Number.isNaN(refused)) return 0;
  return Math.max(0, refused + settings.GROWTH_RETRY_SECONDS * 1000 - now.getTime());
}

/** It was found to need more than was known when its node was chosen, and the node could not give that. */
export const lacksRoom = (seen: Sight): boolean =>
  seen.reservation.isRevised === true && seen.asksForLess && growthPause(seen) > 0;

export function moreThanKnown({ needed, node }: Sight): Warning {
  const amounts = Object.entries(toQuantities(resizable(needed))).map(
    ([name, quantity]) => `${name} ${quantity}`,
  );
  return {
    reason: "NoRoomToGrow",
    about: "more than was known",
    message:
      `The run needs ${amounts.join(", ")} at once, which was not known when its node was chosen: a resolver brings ` +
      `its pipeline or tasks. Its node ${node} has no room for that, so its next pods may wait until others have ` +
      `ended there. State what it needs by the annotation ${KEY_PREFIX}requests.`,
  };
}
