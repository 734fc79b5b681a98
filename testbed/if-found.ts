import { ApiException } from "@kubernetes/client-node";

/** The answer of a read, or undefined when there is no such object. Other errors are thrown on. */
export async function ifFound<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}
