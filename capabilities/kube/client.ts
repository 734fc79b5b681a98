/**
 * One connection pool for all that this process asks of the API server.
 *
 * `K8s()` of kubernetes-fluent-client opens a new connection, with a TLS handshake, for every call.
 * This is the typed client that it is built on, with the agent kept and shared.
 */
import { Agent } from "node:https";
import {
  AdmissionregistrationV1Api,
  AppsV1Api,
  CoordinationV1Api,
  createConfiguration,
  CoreV1Api,
  CustomObjectsApi,
  HttpMethod,
  KubeConfig,
  NodeV1Api,
  PolicyV1Api,
  SchedulingV1Api,
  ServerConfiguration,
  StorageV1Api,
  type RequestContext,
  type ResponseContext,
} from "@kubernetes/client-node";
import { boundedHttp } from "./bounded-http";

export interface KubeClientOptions {
  /** Most connections, and so most requests in flight, at once. */
  maxConnections: number;
  /** A request that has no answer after this many milliseconds is given up. */
  requestTimeoutMilliseconds: number;
  /** Asked before each write; while it says no, writes fail with NotAllowedToWrite. Default: yes. */
  mayWrite?: () => boolean;
  /** The kubeconfig's context to use. Default: its current one. */
  context?: string;
}

/** This process is not the one that acts; the one that is will do what was to be done. */
export class NotAllowedToWrite extends Error {
  constructor() {
    super("another controller acts now");
  }
}

export interface KubeClients {
  admission: AdmissionregistrationV1Api;
  apps: AppsV1Api;
  coordination: CoordinationV1Api;
  core: CoreV1Api;
  custom: CustomObjectsApi;
  node: NodeV1Api;
  policy: PolicyV1Api;
  scheduling: SchedulingV1Api;
  storage: StorageV1Api;
}

/** A KubeConfig whose API clients keep their connections instead of opening one for each request. */
class PooledKubeConfig extends KubeConfig {
  #agent: Agent | undefined;

  constructor(private readonly maxConnections: number) {
    super();
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    const made = context.getAgent();
    // A proxy's agent is left as it is; only the plain one is replaced by the shared one.
    if (made?.constructor !== Agent) return;
    this.#agent ??= new Agent({
      ...(made as Agent).options,
      keepAlive: true,
      maxSockets: this.maxConnections,
    });
    context.setAgent(this.#agent);
  }
}

/**
 * Clients for the cluster that KUBECONFIG, ~/.kube/config or the pod's ServiceAccount names.
 *
 * @param kubeconfigFile a kubeconfig to use instead
 * @throws Error when no cluster is configured, or there is no such context
 */
export const kubeClients = (options: KubeClientOptions, kubeconfigFile?: string): KubeClients =>
  kubeConnection(options, kubeconfigFile).clients;

function useContext(kubeConfig: KubeConfig, context: string): void {
  const names = kubeConfig.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new Error(
      `there is no context "${context}" in the kubeconfig; it has ${names.join(", ") || "none"}`,
    );
  }
  kubeConfig.setCurrentContext(context);
}

/** The same, with what watches are opened by. */
export function kubeConnection(
  options: KubeClientOptions,
  kubeconfigFile?: string,
): { clients: KubeClients; kubeConfig: KubeConfig } {
  const kubeConfig = new PooledKubeConfig(options.maxConnections);
  if (kubeconfigFile === undefined) kubeConfig.loadFromDefault();
  else kubeConfig.loadFromFile(kubeconfigFile);
  if (options.context !== undefined) useContext(kubeConfig, options.context);
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster) {
    throw new Error(
      "no Kubernetes cluster is configured: set KUBECONFIG to a kubeconfig with a current context, or run inside a cluster",
    );
  }
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(cluster.server, {}),
    authMethods: { default: kubeConfig },
    httpApi: boundedHttp(options.maxConnections, options.requestTimeoutMilliseconds),
    promiseMiddleware: [
      {
        pre: async (context: RequestContext) => {
          if (context.getHttpMethod() !== HttpMethod.GET && options.mayWrite?.() === false) {
            throw new NotAllowedToWrite();
          }
          return context;
        },
        post: async (context: ResponseContext) => context,
      },
    ],
  });
  const clients = {
    admission: new AdmissionregistrationV1Api(configuration),
    apps: new AppsV1Api(configuration),
    coordination: new CoordinationV1Api(configuration),
    core: new CoreV1Api(configuration),
    custom: new CustomObjectsApi(configuration),
    node: new NodeV1Api(configuration),
    policy: new PolicyV1Api(configuration),
    scheduling: new SchedulingV1Api(configuration),
    storage: new StorageV1Api(configuration),
  };
  return { clients, kubeConfig };
}
