/** Deletes the claims that go with a run that has ended. Whatever refuses it, the run's node is not kept for that. */
import { Log } from "pepr";
import { describeError, isOutdated, refusalOf } from "../kube/errors";
import type { Observed } from "../phases/observed";
import { madeClaims } from "../placement/made-claims";
import type { PipelineRun } from "../tekton/objects";
import { asText, type RunKey } from "../tekton/run-key";
import type { Warning } from "../tekton/warning";
import { guardDeletion } from "./guards";
import { wholeRun, type Parts, type Result } from "./parts";

const DONE: Result = { goOn: true, more: { areClaimsDone: true } };

const refused = (names: readonly string[], refusal: string): Warning => ({
  reason: "ClaimsNotDeleted",
  message:
    `The claims that Tekton has made for the run (${names.join(", ")}) were to go with it, and cannot be deleted: ` +
    `${refusal}. They stay until the run is deleted, or somebody deletes them.`,
});

/** @throws what may go better the next time, and Outdated where a pod of the run is active */
export async function deleteClaims(key: RunKey, observed: Observed, parts: Parts): Promise<Result> {
  await guardDeletion(parts, key, observed);
  const run: PipelineRun = await wholeRun(parts, key, observed, false);
  const names = madeClaims(run);
  try {
    const deleted = await parts.cluster.claims.deleteMadeFor(run, names);
    if (deleted.length > 0) Log.info({ run: asText(key), claims: deleted }, "Its claims were deleted");
    return DONE;
  } catch (error) {
    const refusal = isOutdated(error) ? undefined : refusalOf(error);
    if (refusal === undefined) throw error;
    Log.warn({ run: asText(key), error: describeError(error) }, "Its claims are not deleted");
    return { ...DONE, warnings: [refused(names, refusal)] };
  }
}
