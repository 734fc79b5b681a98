/** Reads from a cluster what the file does not hold. Nothing is written. */
import { KubeConfig, type V1LimitRange, type V1ResourceQuota } from "@kubernetes/client-node";
import { Cluster } from "../capabilities/kube/cluster";
import { describeError, ifThere, statusOf } from "../capabilities/kube/errors";
import type { Settings } from "../capabilities/choices/settings";
import type { Storage } from "../capabilities/placement/volumes";
import { dependsOnNamespace } from "../capabilities/admission/admit";
import { referenceKey, referenceText } from "../capabilities/demand/pipeline-spec";
import { missingDefinitions, type Reference } from "../capabilities/demand/task-graph";
import { kubeClients, type KubeClients } from "../capabilities/kube/client";
import { CONFIG_DEFAULTS, TEKTON_GROUP } from "../capabilities/keys";
import { definitionsFor, dependsOnNodes, unknownOf, type Unknown } from "./preview";
import type { StoredRun } from "./stored-run";
import type { Surroundings } from "./surroundings";
import { defaultPodTemplateOf, tektonDefaultsIn, withDefaultPodTemplate } from "./tekton-defaults";

/** Read side by side. */
const AT_ONCE = 20;
/** Each round reads one level of pipelines in pipelines, which are followed ten deep. */
const MOST_ROUNDS = 12;
const MOST_DEFINITIONS = 1000;
const MOST_MILLISECONDS = 60_000;
const REQUEST_MILLISECONDS = 10_000;
const FORBIDDEN = 403;

/** The namespace of the current context, where a run goes that names none. */
export function namespaceOf(kubeconfigFile: string): string {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfigFile);
  return kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace || "default";
}

/** @throws Error that names what was read, and says what the API server said */
async function reading<T>(what: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw new Error(`${what} could not be read from the cluster: ${describeError(error)}`);
  }
}

class Reader {
  private readonly clients: KubeClients;
  private readonly cluster: Cluster;
  private readonly end = Date.now() + MOST_MILLISECONDS;
  private readonly notAllowed = new Set<string>();

  constructor(
    kubeconfigFile: string,
    private readonly settings: Settings,
    private readonly run: StoredRun["run"],
  ) {
    const options = { maxConnections: AT_ONCE, requestTimeoutMilliseconds: REQUEST_MILLISECONDS };
    this.clients = kubeClients(options, kubeconfigFile);
    this.cluster = new Cluster(this.clients, settings.TEKTON_NAMESPACE);
  }

  private get namespace(): string {
    return this.run.metadata.namespace;
  }

  private async specOf(reference: Reference): Promise<object | undefined> {
    const { kind, name, namespace = this.namespace } = reference;
    const plural = `${kind.toLowerCase()}s`;
    const read = this.clients.custom.getNamespacedCustomObject({
      ...{ group: TEKTON_GROUP, version: "v1", namespace, plural, name },
    }) as Promise<{ spec?: object }>;
    try {
      return (await ifThere(read))?.spec;
    } catch (error) {
      if (namespace === this.namespace || statusOf(error) !== FORBIDDEN)
        return reading(`${kind} ${namespace}/${name}`, Promise.reject(error as Error));
      // Another namespace may be closed to the user: that is said, and ends nothing.
      this.notAllowed.add(referenceText(reference));
      return undefined;
    }
  }

  private async specsOf(references: Reference[]): Promise<[Reference, object | undefined][]> {
    const found: [Reference, object | undefined][] = [];
    for (let start = 0; start < references.length; start += AT_ONCE) {
      if (Date.now() > this.end) {
        throw new Error(`the run's definitions could not be read within ${MOST_MILLISECONDS / 1000} s`);
      }
      const some = references.slice(start, start + AT_ONCE);
      const specs = await Promise.all(some.map(reference => this.specOf(reference)));
      found.push(
        ...some.map((reference, index): [Reference, object | undefined] => [reference, specs[index]]),
      );
    }
    return found;
  }

  /** A definition names further ones, so it is asked again for what is missing until nothing is. */
  async definitions(from: Surroundings): Promise<Surroundings> {
    const pipelines = new Map(from.pipelines);
    const tasks = new Map(from.tasks);
    const known = { ...from, pipelines, tasks, notAllowed: this.notAllowed };
    let count = 0;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const definitions = missingDefinitions(this.run, definitionsFor(known));
      if (definitions.length === 0) break;
      count += definitions.length;
      if (count > MOST_DEFINITIONS) {
        throw new Error(`the run names ${count} Pipelines and Tasks; at most ${MOST_DEFINITIONS} are read`);
      }
      for (const [reference, spec] of await this.specsOf(definitions)) {
        (reference.kind === "Pipeline" ? pipelines : tasks).set(referenceKey(reference), spec);
      }
    }
    return known;
  }

  async limitRanges(): Promise<V1LimitRange[]> {
    const list = this.clients.core.listNamespacedLimitRange({ namespace: this.namespace });
    return (await reading(`LimitRanges of ${this.namespace}`, list)).items;
  }

  async namespaceLabels(): Promise<Record<string, string> | undefined> {
    const namespace = await reading(
      `Namespace ${this.namespace}`,
      this.cluster.surroundings.readNamespace(this.namespace),
    );
    return namespace && (namespace.metadata?.labels ?? {});
  }

  /** Of one that does not exist nothing is known, and no pod of it can be made. */
  runtimeClasses(names: string[]): Promise<Surroundings["runtimeClasses"]> {
    return reading("RuntimeClasses", this.cluster.surroundings.runtimeClasses(names));
  }

  /** Not everybody may read what is in Tekton's namespace: that is said, and ends nothing. */
  async withTektonDefaults(known: Surroundings): Promise<Surroundings> {
    if (known.tektonDefaults !== undefined) return known;
    const namespace = this.settings.TEKTON_NAMESPACE;
    const read = this.clients.core.readNamespacedConfigMap({ namespace, name: CONFIG_DEFAULTS });
    const what = `ConfigMap ${namespace}/${CONFIG_DEFAULTS}`;
    try {
      const configMap = await ifThere(read);
      const tektonDefaults = tektonDefaultsIn(configMap);
      const { resultsBySidecar = (await this.cluster.surroundings.featureFlags()).resultsBySidecar } = known;
      const defaultPodTemplate = defaultPodTemplateOf(configMap);
      return { ...known, tektonDefaults, defaultPodTemplate, resultsBySidecar };
    } catch (error) {
      if (statusOf(error) !== FORBIDDEN) return reading(what, Promise.reject(error as Error));
      const note = `${what} may not be read, so a default pod template and default requests in it are not known.`;
      return { ...known, notes: [...known.notes, note] };
    }
  }

  async quotas(): Promise<V1ResourceQuota[]> {
    const list = this.clients.core.listNamespacedResourceQuota({ namespace: this.namespace });
    return (await reading(`ResourceQuotas of ${this.namespace}`, list)).items;
  }

  storage({ claims, hasClaimTemplates }: Unknown): Promise<Storage> {
    return reading(
      `PersistentVolumeClaims of ${this.namespace}, their volumes, or StorageClasses,`,
      this.cluster.surroundings.storageFor(this.namespace, claims, hasClaimTemplates),
    );
  }

  nodes(): Promise<Surroundings["nodes"]> {
    return reading("Nodes", this.cluster.surroundings.nodes());
  }

  priorities(names: (string | undefined)[]): Promise<Surroundings["priorities"]> {
    return reading("PriorityClasses", this.cluster.surroundings.priorities(names));
  }
}

/**
 * @param known what the file holds, which counts where both have it
 * @throws Error when the cluster does not give what is asked for
 */
export async function completed(
  known: Surroundings,
  stored: StoredRun,
  kubeconfigFile: string,
  settings: Settings,
): Promise<Surroundings> {
  const reader = new Reader(kubeconfigFile, settings, stored.run);
  const withDefaults = await reader.withTektonDefaults(known);
  const defined = await reader.definitions(withDefaults);
  const run = withDefaultPodTemplate(stored.run, defined.defaultPodTemplate);
  const unknown = unknownOf(run, defined);
  const asksNamespace = known.namespaceLabels === undefined && dependsOnNamespace(run);
  const [limitRanges, quotas, namespaceLabels, runtimeClasses, priorities, storage] = await Promise.all([
    known.limitRanges.length > 0 ? known.limitRanges : reader.limitRanges(),
    known.quotas.length > 0 ? known.quotas : reader.quotas(),
    asksNamespace ? reader.namespaceLabels() : known.namespaceLabels,
    reader.runtimeClasses(unknown.runtimeClasses),
    reader.priorities(unknown.priorityClasses),
    reader.storage(unknown),
  ]);
  const found: Surroundings = {
    ...defined,
    limitRanges,
    quotas,
    namespaceLabels,
    runtimeClasses: new Map([...known.runtimeClasses, ...runtimeClasses]),
    priorities: new Map([...known.priorities, ...priorities]),
    storage: {
      claims: new Map([...known.storage.claims, ...storage.claims]),
      volumes: new Map([...known.storage.volumes, ...storage.volumes]),
      classes: known.storage.classes ?? storage.classes,
    },
  };
  const asksNodes = settings.AUTOSCALER === "none" || dependsOnNodes(stored.run, found, settings);
  return asksNodes && known.nodes === undefined ? { ...found, nodes: await reader.nodes() } : found;
}
