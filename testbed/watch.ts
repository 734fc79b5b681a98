/** A watch of one kind of object that is begun anew when it breaks. */
import {
  makeInformer,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
} from "@kubernetes/client-node";

/** A watch that broke is begun anew after this long. */
const RESTART_MILLISECONDS = 500;

export interface Watched<T> {
  path: string;
  list: () => Promise<KubernetesListObject<T & KubernetesObject>>;
  seen: (object: T & KubernetesObject, isGone: boolean) => void;
  labelSelector?: string;
}

/** What went wrong in a line: the errors of the client have the whole answer in their message. */
export function inShort(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: string };
  return code === undefined ? (message ?? String(error)) : `HTTP status ${String(code)}`;
}

/** Resolves when everything that there is has been seen once. A watch that breaks is begun anew, for ever. */
export function watch<T>(
  kubeConfig: KubeConfig,
  { path, list, seen, labelSelector }: Watched<T>,
): Promise<void> {
  return new Promise(resolve => {
    const first = async (): ReturnType<typeof list> => {
      const all = await list();
      resolve();
      return all;
    };
    const informer = makeInformer<T & KubernetesObject>(kubeConfig, path, first, labelSelector);
    informer.on("add", object => seen(object, false));
    informer.on("update", object => seen(object, false));
    informer.on("delete", object => seen(object, true));
    const restart = (error: unknown): void => {
      console.error(
        `the watch of ${path} broke (${inShort(error)}); it begins anew in ${RESTART_MILLISECONDS} ms`,
      );
      setTimeout(() => void informer.start().catch(restart), RESTART_MILLISECONDS);
    };
    informer.on("error", restart);
    informer.start().catch(restart);
  });
}
