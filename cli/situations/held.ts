/** Situations of runs that are held. */
import { refusalWarning } from "../../capabilities/phases/refusal";
import { summaryOf } from "../../capabilities/placement/never-fits";
import { nodeObject } from "../../testbed/nodes";
import { queueOf } from "../why/queue";
import { known, type Situation } from "./situation";
import { observed } from "../../capabilities/testing/builders";
import {
  heldRun,
  nameOfPlaceholder,
  placeholderAt,
  placeholderPodOf,
  planned,
  refusedAt,
  schedulerEvent,
  Story,
} from "./story";

const nodes = (cpu: string) =>
  ["node-1", "node-2", "node-3"].map(name => summaryOf(nodeObject({ name, cpu })));

const OCCUPIED =
  "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match pod anti-affinity rules. " +
  "preemption: not eligible due to preemptionPolicy=Never.";

/** The placeholder of the run looks for a node. */
function looking(run = heldRun(), message = OCCUPIED, since = 1) {
  const statefulSet = placeholderAt(run, since);
  const pod = refusedAt(placeholderPodOf(statefulSet, run), since, message);
  const seen = observed(run, { statefulSet, pods: [pod] });
  const tries = schedulerEvent(pod, message, { first: since, last: since + 40, count: 4 });
  const story = new Story(run).note(tries).look(seen, since + 9);
  return { run, seen, pod, story };
}

export const unschedulable: Situation = {
  name: "unschedulable",
  title: "No node has room, or each has another run",
  make: () => {
    const { seen, story } = looking();
    const neighbours = [
      { run: "ci/nightly", node: "node-1" },
      { run: "web/release-42", node: "node-3" },
    ];
    return known(story, seen, 150, { neighbours, nodes: nodes("8") });
  },
};

export const cannotFit: Situation = {
  name: "cannot-fit",
  title: "The run needs more at once than any node has (setting autoscaler: none)",
  make: () => {
    const { seen, story } = looking(
      heldRun(),
      "0/3 nodes are available: 3 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.",
    );
    const small = nodes("2");
    return known(story.look({ ...seen, nodes: small }, 3), seen, 65, { nodes: small });
  },
};

export const quota: Situation = {
  name: "quota",
  title: "A ResourceQuota has no room for the placeholder",
  make: () => {
    const run = heldRun();
    const message =
      `create Pod ${nameOfPlaceholder}-0 in StatefulSet ${nameOfPlaceholder} failed error: pods "${nameOfPlaceholder}-0" is ` +
      "forbidden: exceeded quota: team-ci, requested: requests.cpu=3, used: requests.cpu=8, limited: requests.cpu=8";
    const statefulSet = placeholderAt(run, 1);
    const seen = observed(run, { statefulSet, podRefusal: message });
    return known(new Story(run).look(seen, 3), seen, 40);
  },
};

export const otherGate: Situation = {
  name: "other-gate",
  title: "Another gate, a queueing controller say, holds the run",
  make: () => {
    const { metadata, spec } = heldRun();
    const { "pod-affinity.tekton.dev/held": _held, ...labels } = metadata!.labels!;
    const run = { ...heldRun(), metadata: { ...metadata, labels }, spec: spec! };
    return known(new Story(run), observed(run), 90);
  },
};

export const contradiction: Situation = {
  name: "contradiction",
  title: "No one node can serve all of the run's pod templates",
  make: () => {
    const zone = (value: string) => ({
      podTemplate: { nodeSelector: { "topology.kubernetes.io/zone": value } },
    });
    const spec = {
      taskRunSpecs: [
        { pipelineTaskName: "compile", ...zone("zone-a") },
        { pipelineTaskName: "lint", ...zone("zone-b") },
      ],
    };
    const run = heldRun({ spec });
    const { warnings } = planned(run);
    return known(new Story(run).tell(warnings, 1), observed(run), 120);
  },
};

export const operatorDown: Situation = {
  name: "operator-down",
  title: "No controller of the operator is at work",
  make: () => {
    const run = heldRun();
    return known(new Story(run), observed(run), 240, { controllersReady: 0 });
  },
};

export const queuePosition: Situation = {
  name: "queue-position",
  title: "Other runs have waited for longer",
  make: () => {
    const run = heldRun({ created: 30 });
    const { seen, story } = looking(run, OCCUPIED, 31);
    const others = [
      heldRun({ name: "early", created: 0 }),
      heldRun({ name: "second", created: 12 }),
      heldRun({ name: "later", created: 60 }),
    ];
    const queue = queueOf(run, others, "cluster");
    return known(story, seen, 100, { queue: queue!, nodes: nodes("8"), neighbours: [] });
  },
};

export const waitingForClaim: Situation = {
  name: "missing-claim",
  title: "A claim of the run is not there",
  make: () => {
    const message = '0/3 nodes are available: persistentvolumeclaim "sources" not found.';
    const { seen, story } = looking(heldRun(), message);
    return known(story.tell([refusalWarning({ of: "node", message })], 3), seen, 45);
  },
};
