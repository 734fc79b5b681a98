import { expect, test } from "@jest/globals";
import { MOST_OF_A_RESOURCE } from "../../demand/resources";
import type { FullTemplate } from "./effective";
import {
  commonRuntimeClass,
  overheadOf,
  unreadClasses,
  withRuntimeClass,
  type RuntimeClasses,
} from "./runtime-class";

const TOLERATION = { key: "sandbox", operator: "Exists" };
const CLASSES: RuntimeClasses = new Map([
  [
    "sandboxed",
    { handler: "h", scheduling: { nodeSelector: { sandbox: "yes" }, tolerations: [TOLERATION] } },
  ],
  ["plain", { handler: "h" }],
  ["gone", undefined],
]);

test.each([
  {
    name: "its nodes and tolerations are added",
    template: { runtimeClassName: "sandboxed", nodeSelector: { os: "linux" }, tolerations: [{ key: "ci" }] },
    nodeSelector: { os: "linux", sandbox: "yes" },
    tolerations: [{ key: "ci" }, TOLERATION],
    leftOut: [],
  },
  {
    name: "a pod that wants another node is refused",
    template: { runtimeClassName: "sandboxed", nodeSelector: { sandbox: "no" } },
    nodeSelector: { sandbox: "no" },
    tolerations: [TOLERATION],
    leftOut: [
      { what: "nodeSelector sandbox=no beside sandbox=yes of RuntimeClass sandboxed", why: "refused" },
    ],
  },
  { name: "one without scheduling", template: { runtimeClassName: "plain" }, leftOut: [] },
  {
    name: "one that is not there: its pods are refused",
    template: { runtimeClassName: "gone" },
    leftOut: [{ what: "runtimeClassName gone, which does not exist", why: "refused" }],
  },
  { name: "one that was not read", template: { runtimeClassName: "other" }, leftOut: [] },
  { name: "none", template: {}, leftOut: [] },
])("$name", ({ template, nodeSelector, tolerations, leftOut }) => {
  const made = withRuntimeClass({ template: template as FullTemplate, leftOut: [] }, CLASSES);
  expect(made.template.nodeSelector).toEqual(nodeSelector);
  expect(made.template.tolerations).toEqual(tolerations);
  expect(made.leftOut).toEqual(leftOut);
});

test("a class is the placeholder's if all pods have it; of others it has to be known what they demand", () => {
  const [plain, kata] = [{}, { runtimeClassName: "kata" }];
  expect(commonRuntimeClass([kata, kata])).toBe("kata");
  expect(commonRuntimeClass([plain, kata])).toBeUndefined();
  expect(unreadClasses([kata], CLASSES)).toEqual([]);
  expect(unreadClasses([plain, kata], CLASSES)).toEqual(["kata"]);
  expect(unreadClasses([plain, { runtimeClassName: "gone" }], CLASSES)).toEqual([]);
});

test("an overhead of more than can be counted counts as the most", () => {
  const classes: RuntimeClasses = new Map([
    ["huge", { handler: "h", overhead: { podFixed: { cpu: "1", memory: "9999E" } } }],
  ]);
  expect(overheadOf("huge", classes)).toEqual({ cpu: 1000, memory: MOST_OF_A_RESOURCE });
});
