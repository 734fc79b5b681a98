/** Applies YAML files to a cluster, as `kubectl apply --server-side` does. */
import { readFile } from "node:fs/promises";
import {
  HttpMethod,
  KubernetesObjectApi,
  PatchStrategy,
  type KubernetesObject,
  type V1CustomResourceDefinition,
} from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { ifFound } from "./if-found";
import { until } from "./until";
import { readKubeConfig } from "./kubeconfig";

const FIELD_MANAGER = "testbed";
const ESTABLISHED_MILLISECONDS = 120_000;

/**
 * The typed `patch` of KubernetesObjectApi drops fields that its models do not know (`x-kubernetes-*` of a
 * CustomResourceDefinition among them); this one sends the object as it is.
 */
class ObjectApi extends KubernetesObjectApi {
  async apply(object: KubernetesObject, dryRun = false): Promise<KubernetesObject> {
    const path = await this.specUriPath(object, "patch");
    const request = this.configuration.baseServer.makeRequestContext(path, HttpMethod.PATCH);
    request.setHeaderParam("Content-Type", PatchStrategy.ServerSideApply);
    request.setHeaderParam("Accept", "application/json");
    request.setQueryParam("fieldManager", FIELD_MANAGER);
    request.setQueryParam("force", "true");
    request.setQueryParam("fieldValidation", "Strict");
    if (dryRun) request.setQueryParam("dryRun", "All");
    request.setBody(JSON.stringify(object));
    return this.requestPromise(request);
  }
}

/**
 * Applies objects in the order given; each must have a name.
 *
 * @throws Error that names the object that was refused
 */
export async function applyObjects(
  kubeconfigFile: string,
  objects: readonly KubernetesObject[],
): Promise<KubernetesObject[]> {
  const api = objectApi(kubeconfigFile);
  const applied: KubernetesObject[] = [];
  for (const object of objects) {
    try {
      applied.push(await api.apply(object));
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${object.kind} ${object.metadata?.name} was not applied: ${message}`, { cause });
    }
  }
  return applied;
}

/**
 * Has the API server say whether it would take the objects; nothing is stored.
 *
 * @throws Error that names the object that it would not
 */
export async function dryRun(kubeconfigFile: string, objects: readonly KubernetesObject[]): Promise<void> {
  const api = objectApi(kubeconfigFile);
  const one = async (object: KubernetesObject) => {
    try {
      await api.apply(object, true);
    } catch (cause) {
      const { message } = cause as Error;
      throw new Error(`${object.kind} ${object.metadata?.name} was refused: ${message}`, { cause });
    }
  };
  await Promise.all(objects.map(one));
}

/** Deletes objects; those that are not there are passed over. */
export async function deleteObjects(
  kubeconfigFile: string,
  objects: readonly KubernetesObject[],
): Promise<void> {
  const api = objectApi(kubeconfigFile);
  for (const object of objects) await ifFound(api.delete(object));
}

/** Objects of a kind in all namespaces, by their labels. */
export async function listObjects(
  kubeconfigFile: string,
  { apiVersion, kind }: { apiVersion: string; kind: string },
  labelSelector: string,
): Promise<KubernetesObject[]> {
  const { items } = await objectApi(kubeconfigFile).list(
    ...([apiVersion, kind, undefined, undefined, undefined, undefined, undefined, labelSelector] as const),
  );
  return items;
}

/** Applies all documents of a YAML file; see {@link applyObjects}. */
export async function applyFile(kubeconfigFile: string, file: string): Promise<KubernetesObject[]> {
  return applyObjects(kubeconfigFile, parseObjects(await readFile(file, "utf8")));
}

/**
 * Applies CustomResourceDefinitions and waits until the API server serves them.
 *
 * @throws Error when it does not within 2 minutes
 */
export async function applyDefinitions(kubeconfigFile: string, file: string): Promise<void> {
  await applyDefinitionObjects(kubeconfigFile, parseObjects(await readFile(file, "utf8")));
}

/** The same for those that are in no file. */
export async function applyDefinitionObjects(
  kubeconfigFile: string,
  objects: readonly KubernetesObject[],
): Promise<void> {
  const applied = await applyObjects(kubeconfigFile, objects);
  const api = objectApi(kubeconfigFile);
  for (const { apiVersion, kind, metadata } of applied) {
    const name = metadata?.name ?? "";
    await until(`${kind} ${name} to be established`, ESTABLISHED_MILLISECONDS, async () => {
      const { status } = await api.read<V1CustomResourceDefinition>({ apiVersion, kind, metadata: { name } });
      return status?.conditions?.some(
        ({ type, status: value }) => type === "Established" && value === "True",
      );
    });
  }
}

/**
 * The objects in a YAML text of one or several documents.
 *
 * @throws Error when it is not well-formed
 */
export function parseObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap(document => {
    if ("errors" in document && document.errors.length > 0) throw document.errors[0];
    const object = ("toJS" in document ? document.toJS() : null) as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}

function objectApi(kubeconfigFile: string): ObjectApi {
  return readKubeConfig(kubeconfigFile).makeApiClient(ObjectApi);
}
