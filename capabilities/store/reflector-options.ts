/** What a reflector is told, and what it tells. */
import type { KubeConfig } from "@kubernetes/client-node";
import type { ChangeType } from "./watch-events";

/** Called from one place, never two at once. What it throws is told to `onFailure`; the event is lost then. */
export interface Sink<T> {
  /**
   * A list begins: what is not told until `synced` is not there any more. Begins again, without `synced`, when a
   * list cannot be read to its end.
   */
  begin(): void;
  /** `type` as in a watch; objects of a list come as "ADDED". */
  event(type: ChangeType, object: T): void;
  /** The list is complete. */
  synced(): void;
  /** Only without a list: events before this were missed. What is known may be out of date. */
  gap(): void;
}

export interface Timings {
  /** Milliseconds without an event or a bookmark (the API server sends one a minute) that end a watch. */
  silence: number;
  /** Milliseconds without a byte that end a list. */
  answer: number;
  /** A watch that has lasted for so many milliseconds was a success, though nothing happened. */
  success: number;
  /** Milliseconds before the second try in a row; the first one is made at once. */
  firstPause: number;
  longestPause: number;
}

export interface ReflectorOptions<T> {
  kubeConfig: KubeConfig;
  /** E.g. "/apis/tekton.dev/v1/pipelineruns" */
  path: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Whether what is there is listed at first. Otherwise it begins with the present, and `gap`. */
  list: boolean;
  sink: Sink<T>;
  /** Told of each failure, with milliseconds until the next try. */
  onFailure?: (error: unknown, retryMilliseconds: number) => void;
  timings?: Partial<Timings>;
  /** About so many bytes of a list are read at once. Default: 4 MB. */
  pageBytes?: number;
  /** Most bytes of a page, and of an event; a page with more is asked for in smaller parts. Default: 12 MB. */
  largestBytes?: number;
  /** At least 0 and less than 1. */
  random?: () => number;
}

export const TIMINGS: Timings = {
  silence: 90_000,
  answer: 30_000,
  success: 5_000,
  firstPause: 200,
  longestPause: 30_000,
};
/** What holds where nothing else is asked for. */
export const PAGE_BYTES = 4_000_000;
export const LARGEST_BYTES = 12_000_000;
