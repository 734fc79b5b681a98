/**
 * What the documentation promises about where runs go, and the tests that fail if it were not so. Sentences are looked
 * for as they stand there, however they are broken into lines; tests by their titles.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";

interface Promised {
  /** The beginning of the sentence is enough. */
  says: string;
  /** Files and titles of tests. */
  heldBy: [file: string, title: string][];
}

const E2E_ROOM = "e2e/fit/room.ts";
const E2E_BOUNDS = "e2e/fit/bounds.ts";
const E2E_REPORTED = "e2e/cases/reported.ts";
const TEMPLATES = "capabilities/placement/pod-templates.test.ts";
const HAND_OVER = "capabilities/phases/rows/hand-over.test.ts";

/** By what they are about. */
const WORDS: Record<string, Promised[]> = {
  "what is taken over": [
    {
      says: "The placeholder takes over what the pod templates (`taskRunTemplate`, `taskRunSpecs`) say about nodes",
      heldBy: [
        ["capabilities/placement/templates/effective.test.ts", "templates count that pods will have"],
        ["capabilities/placement/templates/effective.test.ts", "params in templates"],
        ["capabilities/placement/templates/runtime-class.test.ts", "its nodes and tolerations are added"],
      ],
    },
    {
      says: "all node selectors and affinities together, the tolerations that every one has by meaning",
      heldBy: [
        [
          "capabilities/placement/templates/tolerations.test.ts",
          "tolerate a taint exactly if each list does",
        ],
        ["e2e/cases/templates.ts", "tolerations in other words"],
        [TEMPLATES, "a node suits the placeholder exactly when it suits every pod"],
      ],
    },
    {
      says: "the highest priority class, pull secrets, scheduler, and the runtime class where there is one for all",
      heldBy: [
        [TEMPLATES, "the cluster's default may be the highest"],
        [TEMPLATES, "of two names in one run are told"],
        [
          "capabilities/placement/templates/runtime-class.test.ts",
          "a class is the placeholder's if all pods have it",
        ],
      ],
    },
    {
      says: "Tekton's default pod template is among them",
      heldBy: [["preview/preview.test.ts", "Tekton's default pod template counts, from its ConfigMap"]],
    },
    {
      says: "becomes _preferred_, of weight 100, on the run's pods",
      heldBy: [
        ["capabilities/admission/co-location.test.ts", "keeps required pod affinity as preferred"],
        ["e2e/cases/templates.ts", "one task beside another application's pod: the whole run goes there"],
      ],
    },
  ],
  room: [
    {
      says: "A run starts only where all that it needs at once has room",
      heldBy: [
        [E2E_ROOM, "the one is found where the widest moment fits; and why is said"],
        ["capabilities/demand/peak.test.ts", "is for each resource what the best of all antichains asks for"],
        ["capabilities/demand/recordings.test.ts", "the pods, and what each asks for"],
      ],
    },
    {
      says: "It shrinks when a task's turn comes, not before",
      heldBy: [
        [E2E_ROOM, "the room of tasks in turn is kept from strangers until it is theirs"],
        [
          "capabilities/room/progress.test.ts",
          "at every moment of every run, room is free for the pods that may come",
        ],
      ],
    },
    {
      says: "asks for no more than its node has",
      heldBy: [
        [HAND_OVER, "a growth that its node puts off"],
        [HAND_OVER, "is withdrawn, to what the node has allocated"],
      ],
    },
    {
      says: "keeps no room: the placeholder is small, and a later task may wait for ever on a full node",
      heldBy: [[E2E_ROOM, "without a reservation the same run waits for ever on the node that it took"]],
    },
    {
      says: "states the widest moment, for example `cpu=4,memory=8Gi`, in place of what is computed",
      heldBy: [["capabilities/room/reservation.test.ts", "stands in place of what is computed"]],
    },
    {
      says: "from LimitRanges and from Tekton's ConfigMap `config-defaults`, count as they are when the placeholder is made",
      heldBy: [
        ["e2e/cases/bounds.ts", "requests that Tekton gives by default count"],
        ["capabilities/controller/reserve-again.test.ts", "counts Tekton's defaults"],
      ],
    },
    {
      says: "A `cluster` resolver is read in advance",
      heldBy: [["e2e/unknown.test.ts", "a pipeline that the resolver cluster brings is known in advance"]],
    },
    {
      says: "then the reservation is counted again (Event `ReservedAgain`), and the placeholder grows if its node has room",
      heldBy: [["e2e/unknown.test.ts", "another resolver brings is counted when it is known"]],
    },
    {
      says: "Custom tasks make no pod and count nothing",
      heldBy: [
        ["e2e/unknown.test.ts", "an approval makes no pod, and the task after it has its room in its turn"],
      ],
    },
    {
      says: "huge pages and ephemeral storage cannot be resized: once the node is found",
      heldBy: [[E2E_ROOM, "a device is looked for, and free when its task comes"]],
    },
    {
      says: "a small placeholder is left, and keeps no room for later tasks",
      heldBy: [
        [E2E_ROOM, "where pods cannot be resized, a small placeholder takes the place of the large one"],
      ],
    },
    {
      says: "when a pod has waited for 3 s, the placeholder gives up its own room, too",
      heldBy: [[E2E_ROOM, "a run that fills its node to the last gets the placeholder's own room as well"]],
    },
    {
      says: "a run that asks for more than any node has that it may use (node selector, required node affinity, taints)",
      heldBy: [["e2e/fit/never-fits.ts", "a run that no node can hold is told so at once, with the numbers"]],
    },
    {
      says: "with `onNeverFits: at-once`, its `on-timeout` applies right away",
      heldBy: [["e2e/fit/never-fits.ts", "on-timeout applies at once, where the settings say so"]],
    },
  ],
  quotas: [
    {
      says: "**Quotas and LimitRanges** cap what is asked for; the Event says by how much",
      heldBy: [
        ["capabilities/room/namespace-bounds.test.ts", "say nothing of what does not bind"],
        ["capabilities/room/reservation.test.ts", "is capped by the namespace, and says so"],
        ["capabilities/placement/plan.test.ts", "quotas count the placeholder by their scopes"],
      ],
    },
    {
      says: "A run that fits its quota without the placeholder fits it with one",
      heldBy: [
        [E2E_BOUNDS, "a run that just fits its quota, with limits by default, succeeds"],
        [E2E_BOUNDS, "so does one that leaves nothing of cpu, memory and limits"],
        ["capabilities/room/namespace-bounds.test.ts", "is nothing where the run fills the quota"],
        [E2E_REPORTED, "a quota for pods that end, and a small one for those that do not"],
      ],
    },
    {
      says: "for a LimitRange's `min`, which it cannot give up, and asks for beside the run",
      heldBy: [["e2e/cases/bounds.ts", "keeps the placeholder from giving up counts beside the run"]],
    },
    {
      says: "have room for one beside it: until then the run waits, and the Warning `PlaceholderRefused` says so",
      heldBy: [
        ["e2e/cases/bounds.ts", "a quota of one pod, which a placeholder would take, is told"],
        ["capabilities/room/object-quota.test.ts", "a quota of objects"],
      ],
    },
  ],
  eviction: [
    {
      says: "While pods of the run are on the node, the pod waits for them to end",
      heldBy: [[HAND_OVER, "is not, while another pod of the run is on the node"]],
    },
    {
      says: "the placeholder looks for another node with room for the rest, and its pods follow",
      heldBy: [["e2e/fit/thefts.ts", "send the run to another node, whole"]],
    },
    {
      says: "No placeholder evicts pods of others",
      heldBy: [
        ["e2e/chart/guards.ts", "may resize and delete a placeholder's pod, and no other"],
        ["e2e/fit/neighbours.ts", "a strange pod of lower priority stays"],
      ],
    },
  ],
  "isolation over zones": [
    {
      says: "Room for the largest pod is kept, on one node",
      heldBy: [["e2e/fit/topology.ts", "a second run may have the same zone"]],
    },
    {
      says: "Two runs are still kept apart by node, unless `isolation-topology-key` says otherwise",
      heldBy: [
        ["e2e/fit/topology.ts", "a second run may have the same zone"],
        ["capabilities/placement/placeholder.test.ts", "topology keys are the run's choice, each for itself"],
      ],
    },
    {
      says: "A run over a zone whose pods need nodes of different kinds goes to a zone that has nodes of each",
      heldBy: [
        [E2E_REPORTED, "two architectures in one zone, which one of two zones has"],
        ["capabilities/placement/plan.test.ts", "goes anywhere where no zone has them now, and that is said"],
      ],
    },
  ],
  claims: [
    {
      says: "of workspaces, pod templates and the Tasks' own volumes, parameters put in",
      heldBy: [
        ["capabilities/placement/claims.test.ts", "claims of workspaces count that pods of the run use"],
        ["e2e/cases/volumes.ts", "of a Task's own volumes, by its parameter"],
        ["e2e/cases/volumes.ts", "of a pod template, by the task's parameter"],
        ["e2e/cases/volumes.ts", "of a workspace, for one pod, by the run's parameter and a subPath"],
      ],
    },
    {
      says: "count when the node is chosen: of a volume that one node at a time may use [its place](nodes.md#volumes)",
      heldBy: [
        ["e2e/fit/volumes.ts", "in zone b: the run lands in zone b"],
        ["e2e/fit/volumes.ts", "of a local volume: the run lands on its node"],
      ],
    },
    {
      says: "the run waits, and a Warning `ContradictingClaims` names them",
      heldBy: [["e2e/cases/volumes.ts", "claims in two zones are named, and the run $name"]],
    },
    {
      says: "or `ReadWriteOncePod` and without a volume yet, are left out, and the Event `Placed` says so",
      heldBy: [
        [
          "e2e/fit/volumes.ts",
          "a claim for one pod only is not taken from that pod, and its volume's place counts",
        ],
        ["capabilities/placement/volumes.test.ts", "but not for one pod only, without a volume"],
      ],
    },
    {
      says: "follow the placeholder, which goes where their StorageClass allows volumes, unless their StorageClass binds at once",
      heldBy: [
        ["e2e/fit/volumes.ts", "a class that binds at once is told of while the run is held"],
        [E2E_REPORTED, "a volume that its StorageClass makes in one zone only"],
      ],
    },
    {
      says: "One that names a class that is not there has `MissingStorageClass`",
      heldBy: [["e2e/cases/volumes.ts", "a StorageClass that is not there is told"]],
    },
  ],
};

const root = join(__dirname, "..");
const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");
const inOneLine = (text: string): string => text.replace(/\s+/g, " ");
const pages = readdirSync(join(root, "docs")).filter(name => name.endsWith(".md"));
const documentation = inOneLine([read("README.md"), ...pages.map(name => read("docs", name))].join("\n"));

describe.each(Object.entries(WORDS))("words on %s", (_about, promises) => {
  test.each(promises)("$says", ({ says, heldBy }) => {
    expect(documentation).toContain(says);
    for (const [file, title] of heldBy) expect(inOneLine(read(file))).toContain(title);
  });
});
