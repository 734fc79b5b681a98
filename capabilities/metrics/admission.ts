/** What the API server asked of admission, how long it waited, and what it was answered. */
import type { IncomingMessage, RequestListener } from "node:http";
import { Counter, Histogram } from "prom-client";
import { PREFIX, registry } from "./registry";

const KINDS: readonly unknown[] = ["PipelineRun", "Pod", "TaskRun"];
const OPERATIONS: readonly unknown[] = ["CREATE", "UPDATE"];
const OTHER = "other";

const duration = new Histogram({
  name: `${PREFIX}admission_duration_seconds`,
  help: "From the first byte of a request for admission until its answer was sent, by what was asked and the HTTP status.",
  labelNames: ["kind", "operation", "code"],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [registry],
});

const answers = new Counter({
  name: `${PREFIX}admission_answers_total`,
  help: "Answers to requests for admission; allowed is false for what was refused, with a message that says why.",
  labelNames: ["allowed"],
  registers: [registry],
});
for (const allowed of ["true", "false"]) answers.inc({ allowed }, 0);

export const countAnswer = ({ allowed }: { allowed: boolean }): void =>
  answers.inc({ allowed: String(allowed) });

/** The body is whatever was sent. */
function askedFor(body: unknown): { kind: string; operation: string } {
  const { request } = (body ?? {}) as { request?: { kind?: { kind?: unknown }; operation?: unknown } };
  const kind = request?.kind?.kind;
  const operation = request?.operation;
  return {
    kind: KINDS.includes(kind) ? String(kind) : OTHER,
    operation: OPERATIONS.includes(operation) ? String(operation) : OTHER,
  };
}

/** Measures each request with a body; once that is read, it has to be the request's `body`. */
export function measuringReviews(listener: RequestListener): RequestListener {
  return (request: IncomingMessage & { body?: unknown }, response) => {
    if (request.method === "POST") {
      const start = performance.now();
      response.once("finish", () => {
        const labels = { ...askedFor(request.body), code: String(response.statusCode) };
        duration.observe(labels, (performance.now() - start) / 1000);
      });
    }
    listener(request, response);
  };
}
