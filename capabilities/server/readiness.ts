/**
 * GET /readyz: whether this process can do its work: all that it requires is there, and pepr is healthy. Pepr's /healthz
 * alone says nothing of whether the process has reached the API server; and until pepr answers it, admission has no
 * routes.
 */
import type { RequestListener } from "node:http";

const PATH = "/readyz";
const PATH_OF_PEPR = "/healthz";

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
    if (missing.length === 0) {
      request.url = PATH_OF_PEPR;
      return listener(request, response);
    }
    const text = `Not ready. Waits for: ${missing.join("; ")}.\n`;
    response.writeHead(503, { "Content-Type": "text/plain" }).end(text);
  };
}
