/** Writing a run's labels, annotations and status as decided. */
import { isDeepStrictEqual } from "node:util";
import type { Labels, Run } from "../types";
import type { Api } from "./api";
import { keyOf, type Store } from "./store";

/**
 * Labels and annotations as Tekton syncs them: what the object has by now, and over it what was in memory
 * when this step began. So a label that someone took away meanwhile comes back, and an older value too.
 */
async function syncMetadata(api: Api, store: Store<Run>, run: Run): Promise<void> {
  const existing = store.get(keyOf(run));
  if (existing?.metadata.uid !== run.metadata.uid) return;
  const merged = (field: "labels" | "annotations"): Labels => ({
    ...existing.metadata[field],
    ...run.metadata[field],
  });
  const [labels, annotations] = [merged("labels"), merged("annotations")];
  const same = (field: "labels" | "annotations", value: Labels): boolean =>
    isDeepStrictEqual(existing.metadata[field] ?? {}, value);
  if (same("labels", labels) && same("annotations", annotations)) return;
  const resourceVersion = existing.metadata.resourceVersion!;
  store.put(await api.writeMetadata(run, { labels, annotations, resourceVersion }));
}

/**
 * Writes what differs, the metadata first.
 *
 * @param before the run as this step found it
 * @throws Error when the metadata was changed by another at the same moment; the status is written then too
 */
export async function writeBack(api: Api, store: Store<Run>, before: Run, after: Run): Promise<void> {
  let problem: unknown;
  await syncMetadata(api, store, after).catch((error: unknown) => (problem = error));
  if (!isDeepStrictEqual(before.status, after.status)) {
    const written = await api.writeStatus(after);
    if (written) store.put(written);
  }
  if (problem) throw problem as Error;
}
