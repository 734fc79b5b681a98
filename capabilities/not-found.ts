/** Reads of what may not be there. */
import { ApiException } from "@kubernetes/client-node";

/** What the API server answered with, if it answered at all. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof ApiException ? error.code : undefined;

/** @returns undefined where there is no such object */
export async function ifThere<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}
