import { beforeAll, describe, expect, test } from "@jest/globals";
import type { V1MutatingWebhookConfiguration } from "@kubernetes/client-node";
import { Log } from "pepr";
import { earlierInstallation, untilAlone, type Alone } from "./alone";

beforeAll(() => void (Log.level = "silent"));

const label = { "app.kubernetes.io/name": "pipelinerun-pod-affinity" };
const webhooks = (name: string, minute: number, labels: object = label): V1MutatingWebhookConfiguration => ({
  metadata: { name, labels: { ...labels }, creationTimestamp: new Date(minute * 60_000) },
});

describe("an earlier installation", () => {
  test.each([
    { name: "of none", found: [], own: "ours", expected: undefined },
    { name: "of this one alone", found: [webhooks("ours", 1)], own: "ours", expected: undefined },
    {
      name: "of somebody else's webhooks",
      found: [webhooks("kueue", 0, {}), webhooks("ours", 1)],
      own: "ours",
      expected: undefined,
    },
    {
      name: "of a later one",
      found: [webhooks("ours", 1), webhooks("b", 2)],
      own: "ours",
      expected: undefined,
    },
    { name: "of an earlier one", found: [webhooks("b", 1), webhooks("ours", 2)], own: "ours", expected: "b" },
    { name: "of one as old", found: [webhooks("b", 1), webhooks("a", 1)], own: "b", expected: "a" },
    { name: "while its own are away", found: [webhooks("b", 1)], own: "ours", expected: "b" },
    {
      name: "made by Pepr itself",
      found: [webhooks("pepr-pipelinerun-pod-affinity", 1, {}), webhooks("ours", 2)],
      own: "ours",
      expected: "pepr-pipelinerun-pod-affinity",
    },
  ])("$name: $expected", ({ found, own, expected }) => {
    expect(earlierInstallation(found, own)).toBe(expected);
  });
});

test("it waits until the other one is gone, through failures", async () => {
  const answers = [
    () => Promise.reject(new Error("away")),
    () => Promise.resolve({ items: [webhooks("other", 1), webhooks("ours", 2)] }),
    () => Promise.resolve({ items: [webhooks("ours", 2)] }),
  ];
  const clients = { admission: { listMutatingWebhookConfiguration: () => answers.shift()!() } };
  await untilAlone({ clients, own: "ours", pauseMilliseconds: 1 } as unknown as Alone);
  expect(answers).toHaveLength(0);
});
