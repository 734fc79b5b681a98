/** How the operator is set, how bad things get, and what may be expected then. */
import { ORDINARY_RATES, type FaultRates } from "../testbed/fault-proxy/faults";

/** Short enough that what the bound is made of can be waited for. */
export const OPERATOR_SETTINGS = {
  POD_AFFINITY_LEASE_DURATION_SECONDS: "5",
  POD_AFFINITY_RESYNC_SECONDS: "10",
  POD_AFFINITY_RETRY_LIMIT_SECONDS: "5",
  POD_AFFINITY_REQUEST_TIMEOUT_SECONDS: "3",
  POD_AFFINITY_GROWTH_RETRY_SECONDS: "5",
};

/** Of calm: a Lease that runs out (5 s), then a resync (10 s), and 10 s for the work on a busy machine. */
export const BOUND_MILLISECONDS = 25_000;
export const RATES: FaultRates = {
  ...ORDINARY_RATES,
  ...{ "dropped request": 0.02, "half-open": 0.005, "429": 0.02, "500": 0.02, "503": 0.02 },
  ...{ "truncated stream": 0.006, "half-open watch": 0.004, "410 Gone": 0.004 },
};
/** For writes. A delay is what the adversary needs, so there are many. */
const WRITE_RATES: FaultRates = {
  ...RATES,
  ...{ delay: 0.4, "late request": 0.03, "dropped answer": 0.04, "409": 0.02 },
};
/** Deletions are rare and the least to be made good again. */
const DELETION_RATES: FaultRates = { ...WRITE_RATES, delay: 0.7 };
/** For lists of a whole cluster, among them the operator's resync: it has to come about all the same. */
const LIST_RATES: FaultRates = { ...RATES, "500": 0.25, "503": 0.25 };

/**
 * Not so for the Lease, and for Events, of which nothing hangs: a controller that hardly ever acts meets no faults.
 */
export function ratesOf(method: string, path: string): FaultRates {
  if (method === "GET" && /\/(pipelineruns|statefulsets)$/.test(path) && !path.includes("/namespaces/")) {
    return LIST_RATES;
  }
  const matters = method !== "GET" && !/\/(leases|events)/.test(path);
  if (!matters) return RATES;
  return method === "DELETE" ? DELETION_RATES : WRITE_RATES;
}
