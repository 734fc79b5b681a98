/**
 * Tells of all objects of one resource and of each change of them: a list in pages, then a watch that is taken
 * up again whenever it ends. In the sense of client-go's reflector; keeps no object.
 */
import { setTimeout as delay } from "node:timers/promises";
import { retryAfterMilliseconds, statusOf } from "../kube/errors";
import { ApiConnection } from "./api-connection";
import { BackOff } from "./back-off";
import { Listing, resourceVersionOf, type ListBytes } from "./listing";
import {
  LARGEST_BYTES,
  PAGE_BYTES,
  TIMINGS,
  type ReflectorOptions,
  type Sink,
  type Timings,
} from "./reflector-options";
import { readEvents, watchQuery, WatchOutdated, type WatchEvent } from "./watch-events";

export type { ReflectorOptions, Sink } from "./reflector-options";

export class Reflector<T> {
  readonly #timings: Timings;
  readonly #bytes: ListBytes;
  readonly #random: () => number;
  readonly #selectors: Record<string, string> = {};
  readonly #connection: ApiConnection;
  readonly #backOff: BackOff;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  /** The list that is being read. */
  #listing: Listing | undefined;
  /** From where the watch goes on; undefined while it is not known. */
  #resourceVersion: string | undefined;
  #hasSynced = false;
  #tellSynced = () => {};
  readonly #whenSynced = new Promise<void>(resolve => (this.#tellSynced = resolve));

  constructor(private readonly options: ReflectorOptions<T>) {
    const { kubeConfig, labelSelector, fieldSelector, pageBytes, largestBytes } = options;
    this.#timings = { ...TIMINGS, ...options.timings };
    this.#bytes = { wanted: pageBytes ?? PAGE_BYTES, largest: largestBytes ?? LARGEST_BYTES };
    this.#random = options.random ?? Math.random;
    if (labelSelector) this.#selectors.labelSelector = labelSelector;
    if (fieldSelector) this.#selectors.fieldSelector = fieldSelector;
    this.#connection = new ApiConnection(kubeConfig);
    const { firstPause, longestPause } = this.#timings;
    this.#backOff = new BackOff({ first: firstPause, longest: longestPause, random: this.#random });
  }

  /** Whether a list has once been complete; without a list, whether it has once known the present. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Does not resolve when it is stopped before. */
  whenSynced(): Promise<void> {
    return this.#whenSynced;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** The sink is told nothing from here on. Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#connection.close();
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#request();
      } catch (error) {
        if (!this.#isStopped) await this.#afterFailure(error);
      }
    }
  }

  #request(): Promise<void> {
    if (this.#resourceVersion !== undefined) return this.#watch(this.#resourceVersion);
    return this.options.list ? this.#listPage() : this.#beginWithThePresent();
  }

  async #afterFailure(error: unknown): Promise<void> {
    if (error instanceof WatchOutdated || statusOf(error) === 410) {
      this.#resourceVersion = undefined;
      this.#listing = undefined;
    }
    const pause = this.#backOff.next(retryAfterMilliseconds(error));
    this.options.onFailure?.(error, pause);
    // An abort only ends the pause.
    await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  async #listPage(): Promise<void> {
    if (this.#listing === undefined) this.#tell(sink => sink.begin());
    const listing = (this.#listing ??= new Listing(this.#bytes));
    const response = await this.#get({ ...this.#selectors, ...listing.query }, this.#timings.answer);
    const { objects, resourceVersion } = await listing.read<T>(response);
    for (const object of objects) this.#tell(sink => sink.event("ADDED", object));
    if (resourceVersion === undefined) return;
    this.#listing = undefined;
    this.#goOnFrom(resourceVersion, sink => sink.synced());
  }

  async #beginWithThePresent(): Promise<void> {
    // Without selectors: the API server need not look for an object that they select.
    const response = await this.#get({ limit: "1" }, this.#timings.answer);
    const resourceVersion = await resourceVersionOf(response, this.#bytes.largest);
    this.#goOnFrom(resourceVersion, sink => sink.gap());
  }

  #goOnFrom(resourceVersion: string, tell: (sink: Sink<T>) => void): void {
    this.#resourceVersion = resourceVersion;
    this.#tell(tell);
    this.#hasSynced = true;
    this.#tellSynced();
  }

  async #watch(resourceVersion: string): Promise<void> {
    const query = { ...this.#selectors, ...watchQuery(resourceVersion, this.#random) };
    let openedAt = Infinity;
    let isSuccess = false;
    try {
      const response = await this.#get(query, this.#timings.silence);
      openedAt = performance.now();
      await readEvents<T>(response, this.#bytes.largest, event => {
        isSuccess = true;
        this.#receive(event);
      });
    } finally {
      isSuccess ||= performance.now() - openedAt >= this.#timings.success;
      if (isSuccess) this.#backOff.reset();
    }
    if (!isSuccess) throw new Error("the watch ended as soon as it had begun");
  }

  #receive({ type, object }: WatchEvent<T>): void {
    if (type !== "BOOKMARK") this.#tell(sink => sink.event(type, object));
    this.#resourceVersion = object.metadata.resourceVersion;
  }

  #get(query: Record<string, string>, silenceMilliseconds: number) {
    return this.#connection.get({
      path: this.options.path,
      query: new URLSearchParams(query),
      silenceMilliseconds,
      signal: this.#stopping.signal,
    });
  }

  /** An object that the sink cannot bear must not keep the others from it. */
  #tell(what: (sink: Sink<T>) => void): void {
    if (this.#isStopped) return;
    try {
      what(this.options.sink);
    } catch (error) {
      this.options.onFailure?.(error, 0);
    }
  }
}
