/**
 * How a placeholder comes into another phase without a step of ours, for the page about the phases. The search of the
 * table (table.test.ts) sees each of them come about, and no other.
 */
import type { Phase } from "./phase";

export interface ClusterChange {
  from: Phase;
  to: Phase;
  /** Who does what, in a few words. */
  by: string;
}

const GONE = "its pod is gone";
const DELETED = "people delete the StatefulSet";

export const CLUSTER_CHANGES: readonly ClusterChange[] = [
  { from: "looking", to: "anchored", by: "the scheduler binds its pod" },
  { from: "lost", to: "anchored", by: "the scheduler binds its pod" },
  { from: "moving", to: "anchored", by: "the scheduler binds its pod" },
  { from: "handing over", to: "anchored", by: "the kubelet grants the resize" },
  { from: "anchored", to: "looking", by: GONE },
  { from: "anchored", to: "lost", by: GONE },
  { from: "handing over", to: "looking", by: GONE },
  { from: "handing over", to: "lost", by: GONE },
  { from: "anchored", to: "moving", by: GONE },
  { from: "handing over", to: "moving", by: GONE },
  { from: "looking", to: "absent", by: DELETED },
  { from: "anchored", to: "absent", by: DELETED },
  { from: "handing over", to: "absent", by: DELETED },
  { from: "looking", to: "going", by: DELETED },
  { from: "anchored", to: "going", by: DELETED },
  { from: "handing over", to: "going", by: DELETED },
  { from: "going", to: "absent", by: "Kubernetes collects it" },
  { from: "taken", to: "absent", by: "Kubernetes collects it" },
];
