/**
 * Reads what is sent to admission, before pepr does. Pepr answers 500 to what is no AdmissionReview, and 413
 * from 2 MiB on, though the API server takes objects of 3 MiB, and an update brings two of them. How much of it is in
 * flight at once is bounded, see body-budget.ts.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { BodyBudget, type BudgetLimits } from "./body-budget";
import { reviewProblem } from "./review";

/** The old object, the new one, and what stands around them. */
const MOST_BYTES = 7 * 1024 * 1024;

/** Three of the largest at once fit into the heap that the chart leaves a process; the API server waits no longer than 10 s. */
const LIMITS: BudgetLimits = {
  bytes: 24 * 1024 * 1024,
  bytesOfAddress: 8 * 1024 * 1024,
  waitingOfAddress: 512,
  waitMilliseconds: 10_000,
};
/** Work on such a one takes the process long enough for others to notice. */
const LARGE_BYTES = 1024 * 1024;
const MOST_PAUSE_MILLISECONDS = 1_000;
/** In which a body has come, once it is its turn. */
const BODY_MILLISECONDS = 10_000;

/** As express's own parser leaves it: it then does not read anew. */
type Parsed = IncomingMessage & { body?: unknown; _body?: boolean };

function refuse(response: ServerResponse, status: 400 | 413 | 429 | 503, message: string): void {
  response.writeHead(status, { "Content-Type": "text/plain", Connection: "close" }).end(`${message}\n`);
}

/** @returns undefined when there is more than is read */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Read to its end, so that the client gets an answer; but not kept.
    if (length <= MOST_BYTES) chunks.push(chunk);
  }
  return length > MOST_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): { body: unknown } | { problem: string } {
  try {
    const body: unknown = JSON.parse(text);
    const problem = reviewProblem(body);
    return problem === undefined ? { body } : { problem };
  } catch (error) {
    return { problem: `the request is not JSON: ${(error as Error).message}` };
  }
}

/** What the body will take; one of unknown length counts as the longest, and of a longer one nothing is kept. */
function bytesOf({ headers }: IncomingMessage): number {
  const declared = Number(headers["content-length"] ?? MOST_BYTES);
  return declared > MOST_BYTES ? 0 : declared;
}

/** Waits until the body may be read. @returns false when it has been answered */
async function takesTurn(request: IncomingMessage, response: ServerResponse, budget: BodyBudget) {
  const turn = await budget.take(request.socket.remoteAddress ?? "", bytesOf(request));
  if (turn === "too many wait") refuse(response, 429, "too many requests of this address wait already");
  else if (turn === "waited too long") refuse(response, 503, "busy with other requests");
  else if (response.destroyed) turn();
  else {
    const start = performance.now();
    const isLarge = bytesOf(request) > LARGE_BYTES;
    // After a large one its address waits for as long as that took: half of the time is others' in any case.
    response.once("close", () => {
      const pause = isLarge ? Math.min(performance.now() - start, MOST_PAUSE_MILLISECONDS) : 0;
      setTimeout(turn, pause).unref();
    });
    return true;
  }
  return false;
}

/**
 * Hands on requests whose body, if they have one, is an AdmissionReview; answers others with 400 or 413, and with 429 or
 * 503 what is more than can be worked on.
 */
export function readingReviews(listener: RequestListener, limits = LIMITS): RequestListener {
  const budget = new BodyBudget(limits);
  const read = async (request: Parsed, response: ServerResponse) => {
    if (!(await takesTurn(request, response, budget))) return;
    const timer = setTimeout(() => request.destroy(), BODY_MILLISECONDS);
    await textOf(request).then(
      text => {
        if (text === undefined) return refuse(response, 413, `more than ${MOST_BYTES} bytes were sent`);
        const outcome = parsed(text);
        if ("problem" in outcome) return refuse(response, 400, outcome.problem);
        request.body = outcome.body;
        request._body = true;
        listener(request, response);
      },
      () => response.destroy(), // The client has gone, or is too slow.
    );
    clearTimeout(timer);
  };
  return (request: Parsed, response) => {
    if (request.method !== "POST") return listener(request, response);
    read(request, response).catch(() => response.destroy());
  };
}
