/** What someone did to some of the runs while they were recorded: see the comments of the inputs. */
import type { KubeClients } from "../../../capabilities/kube/client";
import { until } from "../../until";
import { namespaceOf, type Moment, type Recording, type Resource } from "./recording";

interface Intervention {
  /** It came three seconds after the run, and so after this. */
  after: Partial<Moment>;
  /** The new `spec.status`, or null for none. */
  status: string | null;
}

const isHeld = { reason: "PipelineRunPending" };
const interventions: Record<string, Intervention> = {
  cancelled: {
    after: { object: "TaskRun/cancelled-long", reason: "Running" },
    status: "CancelledRunFinally",
  },
  pending: { after: { object: "PipelineRun/pending", ...isHeld }, status: null },
  "pending-stopped": {
    after: { object: "PipelineRun/pending-stopped", ...isHeld },
    status: "StoppedRunFinally",
  },
};
const waitMilliseconds = 120_000;

const isOf = (moment: Moment, wanted: Partial<Moment>): boolean =>
  Object.entries(wanted).every(([key, value]) => moment[key as keyof Moment] === value);

/**
 * Waits and does what was done to the input's run; nothing for most.
 *
 * @param seen what has happened until now
 */
export async function intervene(
  { custom }: KubeClients,
  input: string,
  objects: Resource[],
  seen: () => Recording,
): Promise<void> {
  const intervention = interventions[input];
  if (intervention === undefined) return;
  const { after, status } = intervention;
  await until(`${after.object} to be ${after.reason}`, waitMilliseconds, async () =>
    seen().timeline.some(moment => isOf(moment, after)),
  );
  await custom.patchNamespacedCustomObject({
    group: "tekton.dev",
    version: "v1",
    plural: "pipelineruns",
    namespace: namespaceOf(input),
    name: objects.at(-1)!.metadata!.name!,
    body: [
      status === null
        ? { op: "remove", path: "/spec/status" }
        : { op: "add", path: "/spec/status", value: status },
    ],
  });
}
