/** Lists of the API server: page by page, and their versions. */
import { setHeaderOptions } from "@kubernetes/client-node";

/** Pods that have ended need nothing any more. */
export const ACTIVE_PODS = "status.phase!=Succeeded,status.phase!=Failed";

/** The version of a list that the API server answers from its own watch, as informers ask for at first. */
export const AS_IT_IS_WATCHED = "0";

export interface Page<T> {
  /** Null in an empty list of metadata: the API server makes no array of nothing there. */
  items: T[] | null;
  /** A typed client says _continue, the one for custom objects continue. */
  metadata?: { _continue?: string; continue?: string };
}

/** Page by page, so that no more than a page of objects is in memory. */
export async function eachItem<T>(
  list: (_continue: string | undefined) => Promise<Page<T>>,
  see: (item: T) => void,
): Promise<void> {
  let _continue: string | undefined;
  do {
    const page = await list(_continue);
    page.items?.forEach(item => see(item));
    _continue = (page.metadata?._continue ?? page.metadata?.continue) || undefined;
  } while (_continue !== undefined);
}

export interface Listed<T> {
  items: T[];
  metadata?: { resourceVersion?: string };
}

export const listVersion = ({ metadata }: Listed<unknown>): number => Number(metadata?.resourceVersion ?? 0);

/** Of an object without its spec and status, see https://kubernetes.io/docs/reference/using-api/api-concepts/ */
export const METADATA_ONLY = setHeaderOptions(
  "Accept",
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
);
