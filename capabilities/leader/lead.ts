/** Ties the controller to the Lease. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Log } from "pepr";
import type { Settings } from "../choices/settings";
import { untilAlone } from "./alone";
import { leaseTerms } from "./lease";
import { kubeClients } from "../kube/client";
import { describeError } from "../kube/errors";
import { Leader } from "./leader";
import { LeaseStore } from "./lease-store";
import { requireForReady } from "../server/readiness";
import { onStop } from "../server/stop";

/**
 * The pod's name tells people who acts. One process on a developer's machine is started again and again: with
 * the same name every time it need not wait for itself.
 */
const identity = (): string =>
  process.env.PEPR_MODE === "dev"
    ? `pepr-dev_${hostname()}`
    : `${process.env.POD_NAME ?? hostname()}_${randomUUID()}`;

const ALONE_PAUSE_MILLISECONDS = 5_000;

/** What works while this process holds the Lease. */
export interface Work {
  start(): void;
  stop(): Promise<void>;
}

export function lead(controller: Work, settings: Settings): Leader {
  const terms = leaseTerms(settings.LEASE_DURATION_SECONDS);
  // Connections of its own: renewals wait for nothing else. A try that is lost leaves time for another, and an API server
  // that answers late is no reason to stop.
  const clients = kubeClients({
    maxConnections: 2,
    requestTimeoutMilliseconds: Math.floor(terms.renewDeadline / 2),
  });
  const me = identity();
  let isStopping = false;
  const leader = new Leader(new LeaseStore(clients, settings.LEASE_NAMESPACE), me, terms, {
    onGained: () => {
      // It is given back in a moment.
      if (isStopping) return;
      Log.info({ me }, "This controller acts now");
      controller.start();
    },
    onLost: () => {
      Log.warn({ me }, "This controller does not act any more: it gave its Lease back or could not renew it");
      void controller.stop();
    },
    onFailure: error => Log.warn({ error: describeError(error) }, "The Lease was not had; trying again"),
  });
  // What is under way ends while it may still write; then another may take the Lease at once.
  onStop(async () => {
    isStopping = true;
    await controller.stop();
    await leader.stop();
  });
  let isAlone = false;
  requireForReady("no other installation to be in the cluster (the log says which)", () => isAlone);
  requireForReady("a first look at the Lease", () => leader.couldLead());
  const own = settings.INSTALLATION;
  void untilAlone({ clients, own, pauseMilliseconds: ALONE_PAUSE_MILLISECONDS }).then(() => {
    isAlone = true;
    leader.start();
  });
  return leader;
}
