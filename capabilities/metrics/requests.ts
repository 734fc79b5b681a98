/** Requests to the API server, by verb as its audit log has them, and by the class of the answer. */
import { Counter, Histogram } from "prom-client";
import { PREFIX, registry } from "./registry";

const requests = new Counter({
  name: `${PREFIX}kubernetes_requests_total`,
  help: "Requests to the API server, by verb and class of the answer's status; none: there was no answer.",
  labelNames: ["verb", "code"],
  registers: [registry],
});

const duration = new Histogram({
  name: `${PREFIX}kubernetes_request_duration_seconds`,
  help: "From when a request to the API server was sent until its answer had been read; watches apart.",
  labelNames: ["verb"],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
  registers: [registry],
});

const CHANGES: Record<string, string> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

/** Segments of a path from the resource on: of /apis/apps/v1/namespaces/ci/pods/a these are pods and a. */
function resourcePath(pathname: string): string[] {
  const all = pathname.split("/");
  const root = all.findIndex(part => part === "api" || part === "apis");
  const rest = all.slice(root + (all[root] === "api" ? 2 : 3));
  return rest[0] === "namespaces" && rest.length > 2 ? rest.slice(2) : rest;
}

/** See https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb */
export function verbOf(method: string, url: string): string {
  const change = CHANGES[method];
  if (change !== undefined) return change;
  const { pathname, searchParams } = new URL(url);
  if (searchParams.get("watch") === "true") return "watch";
  return resourcePath(pathname).length > 1 ? "get" : "list";
}

const classOf = (status: number | undefined): string =>
  status === undefined ? "none" : `${Math.floor(status / 100)}xx`;

/** @param statusOf the status of an answer; of what is thrown, undefined where there was no answer */
export async function counted<T>(
  verb: string,
  sending: Promise<T>,
  statusOf: (answerOrError: unknown) => number | undefined,
): Promise<T> {
  const start = performance.now();
  try {
    const answer = await sending;
    requests.inc({ verb, code: classOf(statusOf(answer)) });
    return answer;
  } catch (error) {
    requests.inc({ verb, code: classOf(statusOf(error)) });
    throw error;
  } finally {
    if (verb !== "watch") duration.observe({ verb }, (performance.now() - start) / 1000);
  }
}
