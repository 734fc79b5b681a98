/** What has to be done before the operator is taken away, so that no run waits for it for ever. */
import { setTimeout as delay } from "node:timers/promises";
import { Log } from "pepr";
import { Cluster } from "../kube/cluster";
import { rootRunOf } from "../store/root-run";
import type { RunKey } from "../tekton/run-key";
import { parseSettings, type Settings } from "../choices/settings";
import { leave, type Leave } from "./leave";
import type { Observed } from "../phases/observed";
import { recordOf } from "../placement/record";
import { settle } from "./template-changes";
import { hasLimits, resizedResources } from "../room/placeholder-size";
import { alteredBy } from "../room/resized";
import { kubeClients, type KubeClients } from "../kube/client";
import { describeError, ifThere, isOutdated, isResizeRefused, retryAfterMilliseconds } from "../kube/errors";
import { LeaseStore } from "../leader/lease-store";
import { takeOver } from "../leader/take-over";

/**
 * Longer than the longest timeout of a webhook: after it no request that admission has answered is under
 * way, so every hold and every pod that it tied to a placeholder can be seen.
 */
const SETTLE_MILLISECONDS = 11_000;
/** Between two looks at everything; the API server may ask for a longer one. */
const PAUSE_MILLISECONDS = 1_000;
/** Each look finds only what failed, and what others changed in between. */
const MOST_ROUNDS = 20;
/** A held run with its placeholder takes two, and a look that finds nothing more. */
const MOST_STEPS = 5;

/**
 * Nobody will change its template any more: a pod that its StatefulSet makes from now on asks for little, and joins the
 * run's pods. Where pods cannot be resized, its pod is deleted for such a one.
 */
async function freeRoom(
  cluster: Cluster,
  { run, statefulSet }: Observed,
  step: Leave & { kind: "free-room" },
) {
  const { pod, size } = step;
  let seen = statefulSet!;
  if (run !== undefined && recordOf(statefulSet!).isSettled !== true) {
    seen = await settle(cluster, seen);
  }
  try {
    const resized = await cluster.placeholders.resizePod(pod, resizedResources(pod, size, hasLimits(seen)));
    const { raised } = alteredBy(resized, size);
    if (Object.keys(raised).length > 0) await cluster.placeholders.noteRaised(seen, raised);
  } catch (error) {
    if (!isResizeRefused(error)) throw error;
    await cluster.placeholders.deletePod(pod);
  }
}

async function carryOut(cluster: Cluster, observed: Observed, step: Leave): Promise<void> {
  if (step.kind === "let-go") await cluster.runs.letGo(observed.run!);
  else if (step.kind === "delete-placeholder") await cluster.placeholders.delete(observed.statefulSet!);
  else if (step.kind === "free-room") await freeRoom(cluster, observed, step);
}

/** @returns undefined when nothing is left to be done, else the milliseconds after which to look again */
async function takeLeave(cluster: Cluster, key: RunKey): Promise<number | undefined> {
  try {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const observed: Observed = { ...(await cluster.readAll(key)), coschedule: undefined };
      const step = leave(observed);
      if (step.kind === "none") return undefined;
      await carryOut(cluster, observed, step);
    }
  } catch (error) {
    if (!isOutdated(error)) Log.warn({ ...key, error: describeError(error) }, "Not done yet; trying again");
    return Math.max(PAUSE_MILLISECONDS, retryAfterMilliseconds(error) ?? 0);
  }
  return PAUSE_MILLISECONDS;
}

/** Looks at every held run and every placeholder until a look finds nothing to do. */
async function takeLeaveOfAll(cluster: Cluster, atOnce: number): Promise<void> {
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const keys: RunKey[] = [];
    await cluster.eachStatefulSet(statefulSet => {
      const key = rootRunOf(statefulSet);
      if (key !== undefined) keys.push(key);
    });
    await cluster.eachUnplacedRun(({ metadata }) =>
      keys.push({ namespace: metadata!.namespace!, name: metadata!.name! }),
    );
    let pause: number | undefined;
    for (let start = 0; start < keys.length; start += atOnce) {
      const some = keys.slice(start, start + atOnce);
      const pauses = await Promise.all(some.map(key => takeLeave(cluster, key)));
      for (const one of pauses) if (one !== undefined) pause = Math.max(pause ?? 0, one);
    }
    if (pause === undefined) return;
    await delay(pause);
  }
  throw new Error(`runs and placeholders were not as they should be after ${MOST_ROUNDS} looks`);
}

/** Those of the operator itself, if they are there. */
async function deleteWebhooks({ admission }: KubeClients, name: string): Promise<void> {
  await ifThere(admission.deleteMutatingWebhookConfiguration({ name }));
  await ifThere(admission.deleteValidatingWebhookConfiguration({ name }));
}

async function takeAway(webhooks: string, settings: Settings): Promise<void> {
  const clients = kubeClients({
    maxConnections: settings.MAX_CONNECTIONS,
    requestTimeoutMilliseconds: settings.REQUEST_TIMEOUT_SECONDS * 1000,
  });
  const cluster = new Cluster(clients, settings.TEKTON_NAMESPACE);
  await deleteWebhooks(clients, webhooks);
  await takeOver(new LeaseStore(clients, settings.LEASE_NAMESPACE));
  Log.info({ webhooks }, "The webhooks are deleted, and the controllers stand by");
  await takeLeaveOfAll(cluster, settings.WORKERS);
  Log.info("Held runs are started; waiting until nothing of admission or controllers is under way");
  await delay(Math.max(SETTLE_MILLISECONDS, settings.LEASE_DURATION_SECONDS * 1000));
  await takeLeaveOfAll(cluster, settings.WORKERS);
  Log.info("Done. Placeholders that are left belong to runs whose pods still need them");
}

/**
 * Webhooks first: from then on nothing is held and nothing depends on the operator. Then, in place of the
 * controllers, the runs that are held; then the placeholders: those that nothing needs are deleted, and the
 * others keep no room. May be repeated.
 *
 * Ends the process: with 0 when all is done, else with 1.
 *
 * @param webhooks name of both webhook configurations
 */
export async function uninstall(webhooks: string): Promise<void> {
  try {
    if (webhooks === "") throw new Error("usage: uninstall NAME_OF_THE_WEBHOOK_CONFIGURATIONS");
    await takeAway(webhooks, parseSettings(process.env));
    process.exit(0);
  } catch (error) {
    Log.error({ error: describeError(error) }, "The operator cannot be taken away yet");
    process.exit(1);
  }
}
