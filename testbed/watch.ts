/** A watch of one kind of object that is begun anew when it breaks. */
import {
  ListWatch,
  Watch,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
} from "@kubernetes/client-node";

/** A watch that broke is begun anew after this long. */
const RESTART_MILLISECONDS = 500;

export interface Watched<T> {
  path: string;
  list: () => Promise<KubernetesListObject<T & KubernetesObject>>;
  seen?(object: T & KubernetesObject, isGone: boolean): void;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface Watching<T> {
  /** All that there is, as far as it has been seen. */
  objects(): readonly T[];
  stop(): void;
}

/** What went wrong in a line: the errors of the client have the whole answer in their message. */
export function inShort(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: string };
  return code === undefined ? (message ?? String(error)) : `HTTP status ${String(code)}`;
}

/**
 * Resolves when everything that there is has been seen once. A watch that breaks is begun anew, until `stop`.
 * Selectors have to be those of `list`.
 */
export function watch<T>(
  kubeConfig: KubeConfig,
  { path, list, seen, labelSelector, fieldSelector }: Watched<T>,
): Promise<Watching<T>> {
  return new Promise(resolve => {
    let isStopped = false;
    let isListed = false;
    const listed = async (): ReturnType<typeof list> => {
      const all = await list();
      isListed = true;
      return all;
    };
    const informer = new ListWatch<T & KubernetesObject>(
      path,
      new Watch(kubeConfig),
      listed,
      false,
      labelSelector,
      fieldSelector,
    );
    if (seen !== undefined) {
      informer.on("add", object => seen(object, false));
      informer.on("update", object => seen(object, false));
      informer.on("delete", object => seen(object, true));
    }
    const watching: Watching<T> = {
      objects: () => informer.list(),
      stop: () => {
        isStopped = true;
        void informer.stop();
      },
    };
    // Where the list fails, it ends well all the same.
    const begun = (): void => (isListed ? resolve(watching) : undefined);
    const start = (): void => {
      if (!isStopped) informer.start().then(begun, restart);
    };
    const restart = (error: unknown): void => {
      if (isStopped) return;
      console.error(
        `the watch of ${path} broke (${inShort(error)}); it begins anew in ${RESTART_MILLISECONDS} ms`,
      );
      setTimeout(start, RESTART_MILLISECONDS);
    };
    informer.on("error", restart);
    start();
  });
}
