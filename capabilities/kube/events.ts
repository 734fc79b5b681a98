import { createHash } from "node:crypto";
import type { CoreV1Event } from "@kubernetes/client-node";
import type { Warning } from "../tekton/warning";
import { APP_NAME } from "../keys";
import type { PipelineRun } from "../tekton/objects";

/** Most characters of an Event's message (Kubernetes' own limit). */
const MOST_MESSAGE_CHARACTERS = 1024;

/**
 * An Event on the run. Its name is made from what it says, or is about, so that saying it again makes no
 * second one.
 */
export function eventFor(
  run: PipelineRun,
  { type = "Warning", reason, message, about = message }: Warning,
  now: Date,
): CoreV1Event {
  const { namespace, name, uid } = run.metadata!;
  const digest = createHash("sha256").update(`${uid}\n${reason}\n${about}`).digest("hex").slice(0, 16);
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${digest}`, namespace: namespace! },
    involvedObject: {
      apiVersion: run.apiVersion ?? "tekton.dev/v1",
      kind: "PipelineRun",
      name: name!,
      namespace: namespace!,
      uid: uid!,
    },
    type,
    reason,
    message: message.slice(0, MOST_MESSAGE_CHARACTERS),
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    reportingComponent: APP_NAME,
    reportingInstance: APP_NAME,
    source: { component: APP_NAME },
  };
}
