/** What a kubelet is asked for when it is recorded, and its stand-in when it is held against the recording. */
import type { V1LimitRangeItem } from "@kubernetes/client-node";

export interface ScenarioPod {
  name: string;
  /** Requests and limits, as quantities. CPU is a share of the node. */
  cpu: number;
  memory?: string;
  memoryLimit?: string;
}

export type Step =
  /** The share of the node's CPU, or memory as a quantity, that the pod is to have. */
  { resize: string; cpu?: number; memory?: string; memoryLimit?: string } | { delete: string };

export interface Scenario {
  name: string;
  pods: ScenarioPod[];
  limits?: V1LimitRangeItem;
  /** Whether the first step is taken as soon as the pod is bound. */
  beforeItRuns?: boolean;
  /** Each is taken when what the last one led to stands still; or all at once. */
  steps: Step[];
  allAtOnce?: boolean;
  /** Whether what is shown on the way depends on who is faster, so that only the end can be compared. */
  isRace?: boolean;
  /** Why the stand-in is not held against it. */
  notPlayed?: string;
}

const beyondWhatIsFree = (end: string, next: Step): Scenario => ({
  name: `growth beyond what is free, ${end}`,
  pods: [
    { name: "main", cpu: 0.2 },
    { name: "neighbour", cpu: 0.6 },
  ],
  steps: [{ resize: "main", cpu: 0.7 }, next],
});

/** The one whose resizes are looked at is called `main`. */
export const SCENARIOS: readonly Scenario[] = [
  { name: "growth", pods: [{ name: "main", cpu: 0.2 }], steps: [{ resize: "main", cpu: 0.6 }] },
  { name: "shrink", pods: [{ name: "main", cpu: 0.6 }], steps: [{ resize: "main", cpu: 0.01 }] },
  beyondWhatIsFree("then a neighbour goes", { delete: "neighbour" }),
  beyondWhatIsFree("then a neighbour shrinks", { resize: "neighbour", cpu: 0.1 }),
  beyondWhatIsFree("withdrawn", { resize: "main", cpu: 0.2 }),
  beyondWhatIsFree("cut down to what is", { resize: "main", cpu: 0.3 }),
  {
    name: "growth beyond the node",
    pods: [{ name: "main", cpu: 0.2 }],
    steps: [{ resize: "main", cpu: 1.5 }],
  },
  {
    name: "two in a row",
    pods: [{ name: "main", cpu: 0.6 }],
    steps: [
      { resize: "main", cpu: 0.4 },
      { resize: "main", cpu: 0.1 },
    ],
    allAtOnce: true,
    isRace: true,
  },
  {
    name: "before its container runs",
    pods: [{ name: "main", cpu: 0.6 }],
    beforeItRuns: true,
    isRace: true,
    steps: [{ resize: "main", cpu: 0.1 }],
  },
  {
    name: "below a LimitRange's minimum",
    pods: [{ name: "main", cpu: 0.4 }],
    limits: { type: "Container", min: { cpu: "100m" } },
    steps: [{ resize: "main", cpu: 0.01 }],
  },
  {
    name: "memory, with a limit that grows and shrinks",
    pods: [{ name: "main", cpu: 0.1, memory: "32Mi", memoryLimit: "64Mi" }],
    steps: [
      { resize: "main", memory: "64Mi", memoryLimit: "128Mi" },
      { resize: "main", memory: "32Mi", memoryLimit: "64Mi" },
    ],
  },
  {
    name: "a memory limit below what is in use",
    notPlayed: "no container runs that uses memory",
    pods: [{ name: "main", cpu: 0.1, memory: "1Mi", memoryLimit: "64Mi" }],
    steps: [{ resize: "main", memory: "10Ki", memoryLimit: "20Ki" }],
  },
];
