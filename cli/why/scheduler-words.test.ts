import { expect, test } from "@jest/globals";
import { obstaclesIn, withoutPreemption } from "./scheduler-words";

const means = (message: string): string[] => obstaclesIn(message).map(one => `${one.nodes} ${one.means}`);

test.each([
  ["0/1 nodes are available: 1 Insufficient cpu.", ["1 has too little cpu free"]],
  [
    "0/5 nodes are available: 1 Insufficient nvidia.com/gpu, 2 node(s) had untolerated taint {a: b, c: d}, 2 node(s) " +
      "didn't match pod anti-affinity rules. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.",
    [
      "1 has too little nvidia.com/gpu free",
      "2 have a taint that it does not tolerate",
      "2 have another run, which it is kept apart from",
    ],
  ],
  ["0/1 nodes are available: 1 node(s) were unschedulable.", ["1 has been cordoned"]],
  [
    "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
    ["2 have not the labels that its node selector or affinity asks for"],
  ],
  [
    "0/2 nodes are available: 2 node(s) had volume node affinity conflict.",
    ["2 have no access to a volume of the run"],
  ],
  [
    "0/2 nodes are available: 2 node(s) didn't match pod affinity rules.",
    ["2 have not the pods that it has to be with"],
  ],
  ["0/1 nodes are available: 1 Too many pods.", ["1 has no more room for pods"]],
  ["no nodes available to schedule pods", []],
  ["0/3 nodes are available: 3 something of a plugin of one's own.", []],
  ["", []],
])("%s", (message, expected) => {
  expect(means(message)).toEqual(expected);
});

test("a very long message takes no time", () => {
  const message = `0/9 nodes are available: ${"1 Insufficient cpu, ".repeat(20_000)}`;
  const start = Date.now();
  obstaclesIn(message);
  expect(Date.now() - start).toBeLessThan(5_000);
});

test("what it says of preemption and of devices is left out", () => {
  const reasons = "0/1 nodes are available: 1 Too many pods.";
  for (const more of [
    " preemption: 0/1 nodes are available: 1 y.",
    " no new claims to deallocate, preemption: z",
  ]) {
    expect(withoutPreemption(reasons + more)).toBe(reasons);
    expect(means(reasons + more)).toEqual(["1 has no more room for pods"]);
  }
});
