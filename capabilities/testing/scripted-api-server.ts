/** An API server whose every answer is given by the test. */
import { KubeConfig } from "@kubernetes/client-node";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";

export class Exchange {
  readonly url: URL;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
  ) {
    this.url = new URL(request.url!, "http://server");
  }

  get query(): Record<string, string> {
    return Object.fromEntries(this.url.searchParams);
  }

  /** Resolves when the client has closed the connection, or the answer has come to its end. */
  get closed(): Promise<void> {
    return new Promise(resolve => {
      if (this.response.closed) resolve();
      else this.response.on("close", resolve);
    });
  }

  answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.response.writeHead(status, headers).end(JSON.stringify(body));
  }

  page(items: unknown[], resourceVersion: string, token?: string): void {
    this.answer(200, { metadata: { resourceVersion, continue: token }, items });
  }

  /** An event of a watch. */
  send(type: string, object: unknown): void {
    this.write(`${JSON.stringify({ type, object })}\n`);
  }

  write(bytes: string | Uint8Array): void {
    this.response.write(bytes);
  }

  /** The stream is open, and nothing is sent. */
  open(): void {
    this.response.writeHead(200).flushHeaders();
  }

  end(): void {
    this.response.end();
  }

  /** The connection breaks. */
  cut(): void {
    this.response.destroy();
  }
}

export class ScriptedApiServer {
  readonly #arrived: Exchange[] = [];
  readonly #awaited: ((exchange: Exchange) => void)[] = [];
  readonly connections = new Set<Socket>();
  #opened = 0;
  readonly #server: Server;

  constructor(make: (listener: RequestListener) => Server = listener => createServer(listener)) {
    this.#server = make((request, response) => {
      const exchange = new Exchange(request, response);
      const next = this.#awaited.shift();
      if (next === undefined) this.#arrived.push(exchange);
      else next(exchange);
    });
    this.#server.on("connection", (socket: Socket) => {
      this.#opened++;
      this.connections.add(socket.on("close", () => this.connections.delete(socket)));
    });
  }

  /** How many connections there have been. */
  get opened(): number {
    return this.#opened;
  }

  /** @returns its port */
  async start(): Promise<number> {
    await new Promise<void>(resolve => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next request. */
  next(): Promise<Exchange> {
    const arrived = this.#arrived.shift();
    return arrived ? Promise.resolve(arrived) : new Promise(resolve => this.#awaited.push(resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

export function kubeConfigFor(
  server: string,
  user: object = {},
  cluster: object = { skipTLSVerify: true },
): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser({ name: "scripted", server, ...cluster } as never, {
    name: "me",
    ...user,
  });
  return kubeConfig;
}
