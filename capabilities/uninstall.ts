/** What has to be done before the operator is taken away, so that no run waits for it for ever. */
import { setTimeout as delay } from "node:timers/promises";
import { Log } from "pepr";
import { Cluster, type RunKey } from "./cluster";
import { parseSettings } from "./config";
import { activePods, ownership } from "./decide/observed";
import { kubeClients } from "./kube-client";
import { describeError, isOutdated } from "./kube-errors";
import { isHeldByUs } from "./tekton";

/**
 * Longer than the longest timeout of a webhook: after it no request that admission has answered is under
 * way, so every hold and every pod that it tied to a placeholder can be seen.
 */
const SETTLE_MILLISECONDS = 11_000;
const PAUSE_MILLISECONDS = 1_000;
/** Looks at everything; each finds only what others changed in between. */
const MOST_ROUNDS = 20;

/**
 * One run and its placeholder. A held run starts, without affinity. The placeholder goes, unless pods that
 * wait or run are tied to it.
 *
 * @returns whether there is nothing left to be done
 */
async function takeLeave(cluster: Cluster, key: RunKey): Promise<boolean> {
  const observed = await cluster.observe(key);
  const { run, statefulSet } = observed;
  try {
    if (run !== undefined && isHeldByUs(run)) await cluster.letGo(run);
    const isOurs = ["ours", "orphan"].includes(ownership(observed));
    if (isOurs && activePods(observed).length === 0) await cluster.deletePlaceholder(statefulSet!);
    return true;
  } catch (error) {
    if (!isOutdated(error)) throw error;
    return false;
  }
}

/** Looks at every held run and every placeholder until a look finds nothing to do. */
async function takeLeaveOfAll(cluster: Cluster, atOnce: number): Promise<void> {
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const keys: RunKey[] = [];
    await cluster.eachRunToLookAt(key => keys.push(key));
    let isDone = true;
    for (let start = 0; start < keys.length; start += atOnce) {
      const some = keys.slice(start, start + atOnce);
      const done = await Promise.all(some.map(key => takeLeave(cluster, key)));
      isDone &&= done.every(Boolean);
    }
    if (isDone) return;
    await delay(PAUSE_MILLISECONDS);
  }
  throw new Error(`runs and placeholders still changed after ${MOST_ROUNDS} rounds`);
}

/**
 * Webhooks first: from then on nothing is held and nothing depends on the operator. Then the runs that are
 * held, then the placeholders that nothing needs. May be repeated.
 *
 * Ends the process: with 0 when all is done, else with 1.
 *
 * @param webhooks name of both webhook configurations
 */
export async function uninstall(webhooks: string): Promise<void> {
  try {
    if (webhooks === "") throw new Error("usage: uninstall NAME_OF_THE_WEBHOOK_CONFIGURATIONS");
    const settings = parseSettings(process.env);
    const clients = kubeClients({
      maxConnections: settings.MAX_CONNECTIONS,
      requestTimeoutMilliseconds: settings.REQUEST_TIMEOUT_SECONDS * 1000,
    });
    const cluster = new Cluster(clients, settings.TEKTON_NAMESPACE);
    await cluster.deleteWebhooks(webhooks);
    Log.info({ webhooks }, "The webhooks are deleted");
    await takeLeaveOfAll(cluster, settings.WORKERS);
    Log.info("Held runs are started; waiting until no answer of admission is under way");
    await delay(SETTLE_MILLISECONDS);
    await takeLeaveOfAll(cluster, settings.WORKERS);
    Log.info("Done. Placeholders that are left belong to runs whose pods still need them");
    process.exit(0);
  } catch (error) {
    Log.error({ error: describeError(error) }, "The operator cannot be taken away yet");
    process.exit(1);
  }
}
