/** The user's cluster: read from alone, with whatever that user may read. */
import { kubeConnection, type KubeClients } from "../capabilities/kube/client";
import { describeError, statusOf } from "../capabilities/kube/errors";

/** Where a command looks; as kubectl's options of the same names. */
export interface Where {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
}

const READS_AT_ONCE = 10;
const REQUEST_MILLISECONDS = 20_000;
const FORBIDDEN = 403;

export interface Connection {
  clients: KubeClients;
  /** Of the option, or of the context. */
  namespace: string;
}

/** @throws Error when there is no such kubeconfig or context */
export function connect({ kubeconfig, context, namespace }: Where): Connection {
  const options = {
    maxConnections: READS_AT_ONCE,
    requestTimeoutMilliseconds: REQUEST_MILLISECONDS,
    // Nothing is ever written from here.
    mayWrite: () => false,
    ...(context !== undefined && { context }),
  };
  const { clients, kubeConfig } = kubeConnection(options, kubeconfig);
  const own = kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace;
  return { clients, namespace: namespace ?? (own || "default") };
}

/**
 * @param what a plural
 * @throws Error with what was read, and what the API server said; its cause is that answer
 */
export async function reading<T>(what: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw new Error(`${what} could not be read: ${describeError(error)}`, { cause: error });
  }
}

/** What may not be read is noted, and ends nothing. */
export class Notes {
  readonly #notes = new Set<string>();

  get all(): string[] {
    return [...this.#notes];
  }

  /**
   * @param what a plural, for the note
   * @param without what cannot be said then
   * @returns undefined when the user may not read it
   * @throws Error with what was read, and what the API server said
   */
  async ifAllowed<T>(what: string, without: string, read: Promise<T>): Promise<T | undefined> {
    try {
      return await read;
    } catch (error) {
      if (statusOf(error) !== FORBIDDEN) return reading(what, Promise.reject(error as Error));
      this.#notes.add(`You may not read ${what}, so ${without}.`);
      return undefined;
    }
  }
}
