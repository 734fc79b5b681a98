/** Passes requests on to the API server, with faults among them. */
import type { ClientRequest, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { request as ask, type Agent } from "node:https";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { EventStream } from "./event-stream";
import {
  answerOf,
  NO_FAULTS,
  pick,
  REQUEST_FAULTS,
  type Fault,
  type FaultRates,
  type RequestFault,
} from "./faults";
import { Lag, type LagOptions } from "./lag";
import { chance, sequence } from "./seeded";

const LONGEST_DELAY_MILLISECONDS = 1500;
/** A late request is asked after this, and up to twice of it; a client's patience has to be shorter. */
const LATE_MILLISECONDS = 4000;
/** An event that was held back to change places goes by itself after this. */
const HELD_BACK_MILLISECONDS = 500;

const whatIs = (method = "", url = ""): string => `${method} ${url.split("?")[0]}`;

/** A write that the API server has not been asked for yet. */
export interface Delayed {
  method: string;
  /** Without the query. */
  path: string;
  /** How often a request of this method and path has come. */
  times: number;
}

export class FaultyForwarding {
  readonly injected = new Map<Fault, number>();
  total = 0;
  paused = false;
  /** Connections that a fault keeps open and silent. */
  readonly #silent = new Set<ServerResponse>();
  /** Of the watches that are under way. */
  readonly #lags = new Set<Lag>();
  readonly #seen = new Map<string, number>();
  #inFlight = 0;
  #mostInFlight = 0;

  constructor(
    private readonly server: string,
    private readonly agent: Agent,
    private readonly seed: number,
    private readonly watchRates: FaultRates,
    private readonly ratesOf: (method: string, path: string) => FaultRates,
    private readonly meanwhile: (delayed: Delayed) => Promise<void> = async () => undefined,
    private readonly lag: LagOptions = { longestMilliseconds: 0 },
  ) {}

  readonly listener: RequestListener = (request, response) => {
    this.total++;
    const isWatch = /[?&]watch=(true|1)/.test(request.url ?? "");
    if (!isWatch) this.#countInFlight(response);
    // A client that ends its connection: there is nobody to answer.
    response.on("error", () => undefined);
    this.#serve(request, response, isWatch, this.#faultFor(request));
  };

  takeMostInFlight(): number {
    const most = this.#mostInFlight;
    this.#mostInFlight = this.#inFlight;
    return most;
  }

  pause(): void {
    this.paused = true;
    for (const response of this.#silent) response.destroy();
    this.#silent.clear();
    for (const lag of this.#lags) lag.flush();
  }

  #countInFlight(response: ServerResponse): void {
    this.#mostInFlight = Math.max(this.#mostInFlight, ++this.#inFlight);
    response.once("close", () => this.#inFlight--);
  }

  #count(fault: Fault): void {
    this.injected.set(fault, (this.injected.get(fault) ?? 0) + 1);
  }

  /** By method, path and how often it came: not by what else happened in between. */
  #faultFor({ method, url }: IncomingMessage): RequestFault | undefined {
    const what = whatIs(method, url);
    const times = this.#seen.get(what) ?? 0;
    this.#seen.set(what, times + 1);
    if (this.paused) return undefined;
    const rates = this.ratesOf(method ?? "", url?.split("?")[0] ?? "");
    const fault = pick(REQUEST_FAULTS, rates, chance(this.seed, what, times));
    // A read never conflicts, and one that is late is of no use to anybody.
    if (method === "GET" && (fault === "409" || fault === "late request")) return undefined;
    if (fault !== undefined) this.#count(fault);
    return fault;
  }

  #serve(
    request: IncomingMessage,
    response: ServerResponse,
    isWatch: boolean,
    fault: RequestFault | undefined,
  ): void {
    switch (fault) {
      case "dropped request":
        return void response.destroy();
      case "half-open":
        return void this.#silent.add(response);
      case "409":
      case "429":
      case "500":
      case "503": {
        const { code, headers, body } = answerOf(fault);
        return void response.writeHead(code, headers).end(body);
      }
      case "delay":
        return void this.#delayed(request).then(() => this.#forward(request, response, isWatch, false));
      case "late request":
        return void this.#late(request);
      default:
        return this.#forward(request, response, isWatch, fault === "dropped answer");
    }
  }

  async #delayed({ method, url }: IncomingMessage): Promise<void> {
    const what = whatIs(method, url);
    const times = this.#seen.get(what) ?? 0;
    const milliseconds = chance(this.seed, "delay", what, times) * LONGEST_DELAY_MILLISECONDS;
    const path = url?.split("?")[0] ?? "";
    const isWrite = method !== undefined && method !== "GET";
    await Promise.all([delay(milliseconds), isWrite && this.meanwhile({ method, path, times })]);
  }

  async #late(request: IncomingMessage): Promise<void> {
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    await delay(LATE_MILLISECONDS * (1 + chance(this.seed, "late", whatIs(request.method, request.url))));
    const asked = this.#ask(request);
    asked.on("error", () => undefined).on("response", answer => answer.resume());
    asked.end(body);
  }

  #ask({ url, method, headers }: IncomingMessage): ClientRequest {
    const target = new URL(url ?? "/", this.server);
    return ask(target, { agent: this.agent, method, headers: { ...headers, host: target.host } });
  }

  #forward(request: IncomingMessage, response: ServerResponse, isWatch: boolean, dropAnswer: boolean): void {
    const asked = this.#ask(request);
    asked.on("error", () => response.destroy());
    response.once("close", () => asked.destroy());
    asked.on("response", answer => {
      if (dropAnswer) return void answer.resume().once("end", () => response.destroy());
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (isWatch && answer.statusCode === 200) this.#passEvents(answer, response, request.url ?? "");
      else answer.pipe(response);
    });
    request.pipe(asked);
  }

  #passEvents(answer: IncomingMessage, response: ServerResponse, url: string): void {
    const rates = () => (this.paused ? NO_FAULTS : this.watchRates);
    const times = this.#seen.get(`GET ${url.split("?")[0]}`) ?? 0;
    const draws = sequence(this.seed, url, times);
    const events = new EventStream(draws, rates, fault => this.#count(fault));
    const flush = setInterval(() => response.write(events.flush()), HELD_BACK_MILLISECONDS);
    const longest = () => (this.paused ? 0 : this.lag.longestMilliseconds);
    const lag = new Lag(
      sequence(this.seed, "lag", url, times),
      longest,
      event => void this.#passEvent(events, event, response),
    );
    this.#lags.add(lag);
    response.once("close", () => {
      clearInterval(flush);
      lag.drop();
      this.#lags.delete(lag);
    });
    // The first bytes tell the client that the watch has begun.
    response.flushHeaders();
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => lag.take(chunk));
    answer.on("end", () => lag.end(() => response.end()));
  }

  #passEvent(events: EventStream, event: string, response: ServerResponse): void {
    if (this.#silent.has(response) || response.writableEnded) return;
    const { text, fate } = events.pass(event);
    if (text !== "") response.write(text);
    if (fate === "silent") this.#silent.add(response);
    if (fate === "end") response.end();
    if (fate === "cut") response.write("", () => response.destroy());
  }
}
