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

export const CLUSTER_CHANGES: readonly ClusterChange[] = [
  { from: "looking", to: "anchored", by: "the scheduler binds its pod" },
  { from: "lost", to: "anchored", by: "the scheduler binds its pod" },
  { from: "moving", to: "anchored", by: "the scheduler binds its pod" },
  { from: "handing over", to: "anchored", by: "the kubelet grants the resize" },
  { from: "anchored", to: "looking", by: "its pod is gone" },
  { from: "handing over", to: "looking", by: "its pod is gone" },
  { from: "anchored", to: "lost", by: "its pod is gone" },
  { from: "handing over", to: "lost", by: "its pod is gone" },
];
