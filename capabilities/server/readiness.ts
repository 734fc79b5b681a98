/**
 * GET /readyz: whether this process can do its work. Pepr's /healthz only tells that it lives; it says so before
 * the process has reached the API server.
 */
import type { RequestListener } from "node:http";

const PATH = "/readyz";

const conditions = new Map<string, () => boolean>();

/**
 * The process is not ready until this holds. A condition that has held should go on to hold through a short
 * outage of the API server: it is nothing that another pod would do better.
 *
 * @param what is waited for, as a noun: "a first look at the Lease"
 */
export function requireForReady(what: string, holds: () => boolean): void {
  conditions.set(what, holds);
}

/** What is still waited for. */
export const missingForReady = (): string[] =>
  [...conditions].filter(([, holds]) => !holds()).map(([what]) => what);

/** Answers /readyz; hands on every other request. */
export function answeringReadiness(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (request.method !== "GET" || request.url?.split("?")[0] !== PATH) return listener(request, response);
    const missing = missingForReady();
    const text = missing.length === 0 ? "Ready." : `Not ready. Waits for: ${missing.join("; ")}.`;
    response.writeHead(missing.length === 0 ? 200 : 503, { "Content-Type": "text/plain" }).end(`${text}\n`);
  };
}
