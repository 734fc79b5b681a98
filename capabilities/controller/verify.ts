/** Whether the API server asks admission, and gets its answer: what `helm test` runs. */
import { setTimeout as delay } from "node:timers/promises";
import { Log } from "pepr";
import { parseSettings } from "../choices/settings";
import { OPT_IN_LABEL, OPTED_IN, TEKTON_GROUP } from "../keys";
import { kubeClients, type KubeClients } from "../kube/client";
import { describeError } from "../kube/errors";
import { isHeldByUs, type PipelineRun } from "../tekton/objects";

/** New certificates and webhooks are known everywhere in the cluster after some seconds. */
const PATIENCE_MILLISECONDS = 60_000;
const PAUSE_MILLISECONDS = 2_000;

/** Never made: it is asked for as a dry run, with a Pipeline that need not be there. */
const RUN = {
  apiVersion: `${TEKTON_GROUP}/v1`,
  kind: "PipelineRun",
  metadata: { generateName: "pod-affinity-test-", labels: { [OPT_IN_LABEL]: OPTED_IN } },
  spec: { pipelineRef: { name: "pod-affinity-test" } },
};

/** What is wrong with a run that the API server let through; undefined when all is well. */
export function problemWith(run: PipelineRun, namespace: string): string | undefined {
  if (isHeldByUs(run)) return undefined;
  return (
    `a run that opts in was not held in the namespace ${namespace}: the API server did not ask admission. ` +
    "See whether that namespace is among webhooks.excludedNamespaces, and whether the webhook configurations are there"
  );
}

/** @returns what is wrong, with the API server's words where it refused */
async function ask({ custom }: KubeClients, namespace: string): Promise<string | undefined> {
  try {
    const run: unknown = await custom.createNamespacedCustomObject({
      ...{ group: TEKTON_GROUP, version: "v1", plural: "pipelineruns", namespace, body: RUN, dryRun: "All" },
    });
    return problemWith(run as PipelineRun, namespace);
  } catch (error) {
    return `a run that opts in is refused in the namespace ${namespace}: ${describeError(error)}`;
  }
}

/**
 * Ends the process: with 0 when admission answers within a minute, else with 1 and why it does not.
 *
 * @param namespace in which a run is created as a dry run
 */
export async function verify(namespace: string): Promise<void> {
  const settings = parseSettings(process.env);
  const clients = kubeClients({
    maxConnections: 1,
    requestTimeoutMilliseconds: settings.REQUEST_TIMEOUT_SECONDS * 1000,
  });
  const end = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const problem = await ask(clients, namespace);
    if (problem === undefined) break;
    if (Date.now() > end) {
      Log.error(problem);
      process.exit(1);
    }
    Log.warn(`Not yet: ${problem}`);
    await delay(PAUSE_MILLISECONDS);
  }
  Log.info("Admission answers: a run that opts in is held");
  process.exit(0);
}
