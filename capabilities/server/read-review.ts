/**
 * Reads what is sent to admission, before pepr does. Pepr answers 500 to what is no AdmissionReview, and 413
 * from 2 MiB on, though the API server takes objects of 3 MiB, and an update brings two of them.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { reviewProblem } from "./review";

/** The old object, the new one, and what stands around them. */
const MOST_BYTES = 7 * 1024 * 1024;

/** As express's own parser leaves it: it then does not read anew. */
type Parsed = IncomingMessage & { body?: unknown; _body?: boolean };

function refuse(response: ServerResponse, status: 400 | 413, message: string): void {
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

/** Hands on requests whose body, if they have one, is an AdmissionReview; answers others with 400 or 413. */
export function readingReviews(listener: RequestListener): RequestListener {
  return (request: Parsed, response) => {
    if (request.method !== "POST") return listener(request, response);
    textOf(request).then(
      text => {
        if (text === undefined) return refuse(response, 413, `more than ${MOST_BYTES} bytes were sent`);
        const outcome = parsed(text);
        if ("problem" in outcome) return refuse(response, 400, outcome.problem);
        request.body = outcome.body;
        request._body = true;
        listener(request, response);
      },
      () => response.destroy(), // The client has gone.
    );
  };
}
