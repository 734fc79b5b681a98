import { expect, test } from "@jest/globals";
import { aRun, NO_RESERVATION, placeholderPodOf } from "../testing/builders";
import { alteredBy, notBelowRaised, raisedWarning } from "./resized";

const podThatAsks = (cpu: number, memory: number) =>
  placeholderPodOf(aRun().held().run, "node-1", NO_RESERVATION, { cpu, memory });

test.each([
  { name: "is as it was asked for", cpu: 500, memory: 1024, expected: { raised: {}, isLowered: false } },
  { name: "is raised", cpu: 1000, memory: 1024, expected: { raised: { cpu: 1000 }, isLowered: false } },
  { name: "is lowered", cpu: 500, memory: 512, expected: { raised: {}, isLowered: true } },
])("a pod that $name", ({ cpu, memory, expected }) => {
  expect(alteredBy(podThatAsks(cpu, memory), { cpu: 500, memory: 1024 })).toEqual(expected);
});

test.each([
  { name: "nothing was raised", raisedTo: undefined, asked: { cpu: 900, memory: 9 }, expected: 100 },
  {
    name: "it asks for what it was raised to",
    raisedTo: { cpu: 900 },
    asked: { cpu: 900, memory: 9 },
    expected: 900,
  },
  { name: "it asks for more", raisedTo: { cpu: 900 }, asked: { cpu: 950, memory: 9 }, expected: 900 },
  {
    name: "made again, it asks for less",
    raisedTo: { cpu: 900 },
    asked: { cpu: 50, memory: 9 },
    expected: 100,
  },
])("asks for no less than it was raised to, where $name", ({ raisedTo, asked, expected }) => {
  expect(notBelowRaised({ cpu: 100, memory: 5 }, asked, raisedTo)).toEqual({ cpu: expected, memory: 5 });
});

test("people are told what was written, what came of it, and what to do", () => {
  const { message } = raisedWarning({ memory: 2 ** 30 }, { cpu: 10, memory: 2 ** 24 });
  expect(message).toContain("asks for memory 1Gi where memory 16Mi was written");
  expect(message).toContain("app.kubernetes.io/name=pipelinerun-pod-affinity");
});
