/** What an error of the API server's means to this operator. */
import { ApiException } from "@kubernetes/client-node";

/** The HTTP status of an answer; undefined when there was none. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof ApiException ? error.code : undefined;

/** What the API server answered, as text. */
function bodyOf(error: unknown): string {
  const body: unknown = (error as ApiException<unknown>).body;
  return typeof body === "string" ? body : JSON.stringify(body ?? "");
}

/** Said by admission webhooks and policies, with whatever status they choose. */
const isDenied = (text: string): boolean => /denied (?:the )?request/.test(text);

/**
 * Whether a write did not go through because the object is no longer what it was when it was read: a
 * reason to look again, not a fault. The API server answers a failed JSON Patch test with 422, as it does for an object
 * that is not valid, but then it names the object's kind.
 */
export function isOutdated(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  if (![404, 409, 422].includes(status)) return false;
  const text = bodyOf(error);
  return !isDenied(text) && !(status === 422 && /"causes":.*"field":/s.test(text));
}

/**
 * Whether the API server will not resize pods, or not this one: no such subresource (before 1.33), or a
 * change that it, or a ValidatingAdmissionPolicy, does not allow. A test that failed, or a pod that is gone, is none of these.
 */
export function isResizeRefused(error: unknown): boolean {
  const status = statusOf(error);
  const text = bodyOf(error);
  // With its node, the pod goes as well.
  if (/nodes? \S+ not found/.test(text)) return false;
  if (status === 403 || status === 405) return true;
  if (status === 404) return text.includes("could not find the requested resource");
  return status === 422 && (text.includes('"kind":"Pod"') || text.includes("denied request"));
}

/**
 * Why the API server would not make an object, and will not until something else changes: quotas, admission, its own
 * validation. A webhook that cannot be asked counts as well: nobody knows for how long.
 *
 * @returns undefined for any other failure
 */
export function refusalOf(error: unknown): string | undefined {
  const status = statusOf(error);
  if (status === undefined) return undefined;
  const message = messageOf(error as ApiException<unknown>);
  const refused = [400, 403, 422].includes(status) || message.includes("failed calling webhook");
  return refused ? message : undefined;
}

/** An API server, or what stands before it, that asks for more is not believed. */
const LONGEST_RETRY_AFTER_SECONDS = 60;

/** Milliseconds that the API server asks to be left alone for (429, 503), a minute at most; undefined when it does not. */
export function retryAfterMilliseconds(error: unknown): number | undefined {
  if (!(error instanceof ApiException)) return undefined;
  const headers = error.headers as Record<string, string | undefined>;
  const seconds = Number(headers["retry-after"] ?? NaN);
  return seconds > 0 ? Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS) * 1000 : undefined;
}

/** One line for the log: the API server's own message where there is one. */
export function describeError(error: unknown): string {
  if (!(error instanceof ApiException)) return error instanceof Error ? error.message : String(error);
  return `${error.code}: ${messageOf(error)}`;
}

function messageOf({ body }: ApiException<unknown>): string {
  try {
    const { message } = (typeof body === "string" ? JSON.parse(body) : body) as { message?: string };
    return message ?? String(body);
  } catch {
    return String(body);
  }
}

/** What was read, or undefined when there is no such object. */
export async function ifThere<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}
