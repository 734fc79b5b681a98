/** Which fault a request meets. Pure: chance is handed in. */

/** What can happen to a request that is not a watch, and to the opening of one. */
export const REQUEST_FAULTS = [
  /** The connection ends before the API server is asked. */
  "dropped request",
  /** The API server did it, and the connection ends before the answer: a write that looks failed. */
  "dropped answer",
  /** The connection stays open, and nothing comes. */
  "half-open",
  "delay",
  /** A write that the API server is asked for when its client has given up; a read never comes to that. */
  "late request",
  "409",
  "429",
  "500",
  "503",
] as const;

/** What can happen to an event of a watch, and with it to all that follow. */
export const WATCH_FAULTS = [
  "duplicated event",
  "reordered events",
  /** Ends in the middle of an event. */
  "truncated stream",
  /** Stays open, and nothing comes any more. */
  "half-open watch",
  "410 Gone",
] as const;

export type RequestFault = (typeof REQUEST_FAULTS)[number];
export type WatchFault = (typeof WATCH_FAULTS)[number];
export type Fault = RequestFault | WatchFault;

/** The chance of each fault, from 0 to 1: for a request, or for one event of a watch. */
export type FaultRates = Record<Fault, number>;

export const ORDINARY_RATES: FaultRates = {
  "dropped request": 0.01,
  "dropped answer": 0.01,
  "half-open": 0.003,
  delay: 0.03,
  "late request": 0.003,
  "409": 0.01,
  "429": 0.01,
  "500": 0.01,
  "503": 0.01,
  "duplicated event": 0.05,
  "reordered events": 0.05,
  "truncated stream": 0.003,
  "half-open watch": 0.001,
  "410 Gone": 0.002,
};

export const NO_FAULTS = Object.fromEntries(
  [...REQUEST_FAULTS, ...WATCH_FAULTS].map(fault => [fault, 0]),
) as FaultRates;

/** The first fault, in the order of `faults`, whose share `draw` (from 0 to below 1) falls into. */
export function pick<F extends Fault>(faults: readonly F[], rates: FaultRates, draw: number): F | undefined {
  let upTo = 0;
  for (const fault of faults) {
    upTo += rates[fault];
    if (draw < upTo) return fault;
  }
  return undefined;
}

/** Body and headers of an answer that the proxy gives in the API server's place. */
export function answerOf(status: "409" | "429" | "500" | "503"): {
  code: number;
  headers: Record<string, string>;
  body: string;
} {
  const reasons = {
    "409": "Conflict",
    "429": "TooManyRequests",
    "500": "InternalError",
    "503": "ServiceUnavailable",
  };
  const code = Number(status);
  const body = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "injected by the fault proxy",
    reason: reasons[status],
    code,
  };
  return {
    code,
    headers: { "content-type": "application/json", ...(status === "429" && { "retry-after": "1" }) },
    body: JSON.stringify(body),
  };
}

/** The last event of a watch whose version is too old. */
export const GONE = `${JSON.stringify({
  type: "ERROR",
  object: {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "too old resource version: injected by the fault proxy",
    reason: "Expired",
    code: 410,
  },
})}\n`;
