import { placeholderName, placeholderPodName } from "../../capabilities/placement/names";
import { TEKTON_PIPELINE_RUN_LABEL } from "../../capabilities/keys";
import { hasEnded } from "../../capabilities/tekton/objects";
import type { Live } from "../live";
import { isLabelledPlaceholder } from "../objects";
import type { Moment, PlannedRun } from "../plan/runs";

/** Whether the run has come to that moment of its life. */
export function hasCome(moment: Moment, { namespace, name }: PlannedRun, live: Live): boolean {
  switch (moment) {
    case "created":
      return true;
    case "placeholder made":
      return live.get("statefulSet", namespace, placeholderName(name)) !== undefined;
    case "placeholder bound":
      return Boolean(live.get("pod", namespace, placeholderPodName(name))?.spec?.nodeName);
    case "running":
      return live
        .all("pod")
        .some(
          pod =>
            pod.metadata!.namespace === namespace &&
            pod.metadata!.labels?.[TEKTON_PIPELINE_RUN_LABEL] === name &&
            pod.status?.phase === "Running" &&
            !isLabelledPlaceholder(pod),
        );
    case "ended":
      return hasEnded(live.get("run", namespace, name) ?? {});
  }
}
