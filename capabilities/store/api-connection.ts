/**
 * GET requests to the API server whose answers are read as they arrive, over a connection that is kept.
 *
 * Not the client library's Watch: it cannot be aborted before it has its answer, shows no Retry-After, drops
 * lines that it cannot parse without a word, and makes a new agent for each request.
 */
import { ApiException, type KubeConfig } from "@kubernetes/client-node";
import http, { type IncomingMessage } from "node:http";
import https, { type RequestOptions } from "node:https";
import { statusOf } from "../kube/errors";
import { counted, verbOf } from "../metrics/requests";

/** Of an answer that tells of a failure. */
const LARGEST_FAILURE_BYTES = 64 * 1024;

export interface GetOptions {
  /** E.g. "/apis/tekton.dev/v1/pipelineruns" */
  path: string;
  query: URLSearchParams;
  /** The request fails when for so many milliseconds no byte of its answer has come. */
  silenceMilliseconds: number;
  signal: AbortSignal;
}

export class ApiConnection {
  #agent: http.Agent | undefined;

  constructor(private readonly kubeConfig: KubeConfig) {}

  /**
   * @returns an answer with status 200
   * @throws ApiException for every other answer
   */
  get(options: GetOptions): Promise<IncomingMessage> {
    const cluster = this.kubeConfig.getCurrentCluster();
    if (!cluster) throw new Error("no Kubernetes cluster is configured");
    const url = new URL(`${cluster.server.replace(/\/$/, "")}${options.path}?${options.query}`);
    return counted(verbOf("GET", url.href), this.#get(url, options), answerOrError =>
      answerOrError instanceof http.IncomingMessage ? answerOrError.statusCode : statusOf(answerOrError),
    );
  }

  async #get(url: URL, { silenceMilliseconds, signal }: GetOptions): Promise<IncomingMessage> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      void this.#options(url)
        .then(options => {
          const request = (url.protocol === "http:" ? http : https).request(url, { ...options, signal });
          let answer: IncomingMessage | undefined;
          request.on("error", reject).on("response", response => resolve((answer = response)));
          request.setTimeout(silenceMilliseconds, () =>
            (answer ?? request).destroy(new Error(`nothing came for ${silenceMilliseconds / 1000} s`)),
          );
          request.end();
        })
        .catch(reject);
    });
    if (response.statusCode === 200) return response;
    throw await failure(response);
  }

  close(): void {
    this.#agent?.destroy();
  }

  /** Made for each request: tokens and certificates are renewed on disk. */
  async #options(url: URL): Promise<RequestOptions> {
    const options: RequestOptions = { headers: { Accept: "application/json" } };
    await this.kubeConfig.applyToHTTPSOptions(options);
    const { Agent } = url.protocol === "http:" ? http : https;
    // A proxy's agent is left as it is. The plain one is replaced by one that keeps its connection; the
    // certificates are among the options, and others make it open another connection.
    if ((options.agent as http.Agent | undefined)?.constructor !== Agent) return options;
    this.#agent ??= new Agent({ keepAlive: true });
    return { ...options, agent: this.#agent };
  }
}

async function failure(response: IncomingMessage): Promise<ApiException<string>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > LARGEST_FAILURE_BYTES) break;
  }
  const body = Buffer.concat(chunks).toString("utf8");
  const headers = response.headers as Record<string, string>;
  return new ApiException(response.statusCode ?? 0, response.statusMessage ?? "", body, headers);
}
