/** What a run needs, as queues read it: tekton-kueue counts annotations of this prefix, and one run where there are none. */
import { parseRequests } from "../demand/requests";
import { toQuantities } from "../demand/resources";
import { COMPUTED } from "../choices/choices";
import { KEY_PREFIX } from "../keys";
import type { PipelineRun } from "../tekton/objects";

/** annotationResourcesRequests of tekton-kueue's internal/controller/pipelinerun_controller.go */
const TEKTON_KUEUE = "kueue.konflux-ci.dev/requests-";

export type QueueRequests = "none" | "tekton-kueue";

/** The annotations to add. Only what the run states is known at admission; what it says to the queue itself stays. */
export function queueRequests({ metadata }: PipelineRun, choice: QueueRequests): Record<string, string> {
  const given = metadata?.annotations ?? {};
  const stated = given[`${KEY_PREFIX}requests`];
  if (choice === "none" || stated === undefined || stated === COMPUTED) return {};
  try {
    // No key has two slashes, so nobody can say how many devices it needs.
    const quantities = Object.entries(toQuantities(parseRequests(stated))).filter(
      ([name]) => !name.includes("/"),
    );
    const all = quantities.map(([name, quantity]): [string, string] => [TEKTON_KUEUE + name, quantity]);
    return Object.fromEntries(all.filter(([key]) => given[key] === undefined));
  } catch {
    // The run is refused for it, with the reason.
    return {};
  }
}
