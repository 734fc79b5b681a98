/** What is known of one run when people ask about it: its objects as the controller sees them, and what was told. */
import type { NodeSummary } from "../../capabilities/placement/never-fits";
import type { Observed } from "../../capabilities/phases/observed";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import type { Queue } from "./queue";
import type { ToldEvent } from "./told-event";

/** Another run, and the node that its placeholder has. */
export interface Neighbour {
  run: string;
  node: string;
}

export interface RunFacts {
  run: PipelineRun;
  /** Of the same run; all nodes are below, as the controller knows them only where they decide something. */
  observed: Observed;
  /** About the run, its placeholder's StatefulSet and that one's pod, in any order. */
  events: readonly ToldEvent[];
  /** Every node of the cluster; undefined when they may not be read. */
  nodes?: readonly NodeSummary[];
  /** Undefined when it may not be read, or the run is not held. */
  queue?: Queue;
  /** Runs that have a node; none where they may not be read. */
  neighbours: readonly Neighbour[];
  /** How many controllers of the operator are Ready; undefined when that is not known. */
  controllersReady?: number;
  /** Whether the placeholder could not be looked at. */
  isPartial?: boolean;
  /** What could not be read, in sentences. */
  notes: readonly string[];
}
