/** What of Tekton's ConfigMap feature-flags is looked at. */
import type { V1ConfigMap } from "@kubernetes/client-node";
import { isByTektonOperator, type Flags } from "../tekton/assistant";

/** @param found undefined where there is no such ConfigMap */
export const flagsOf = (found: Pick<V1ConfigMap, "data" | "metadata"> | undefined): Flags => ({
  coschedule: found?.data?.["coschedule"],
  hasTektonOperator: isByTektonOperator(found?.metadata?.ownerReferences),
  resultsBySidecar: found?.data?.["results-from"]?.toLowerCase() === "sidecar-logs",
});
