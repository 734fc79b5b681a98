import { expect, test } from "@jest/globals";
import { KEY_PREFIX } from "../keys";
import { aRun } from "../testing/builders";
import { queueRequests } from "./queue-requests";

const CPU = "kueue.konflux-ci.dev/requests-cpu";
const MEMORY = "kueue.konflux-ci.dev/requests-memory";
const stating = (text: string) => aRun().annotation(`${KEY_PREFIX}requests`, text);

test.each([
  { name: "what it states", run: stating("cpu=4,memory=8Gi").run, expected: { [CPU]: "4", [MEMORY]: "8Gi" } },
  {
    name: "not what it says to the queue itself",
    run: stating("cpu=4,memory=8Gi").annotation(CPU, "1").run,
    expected: { [MEMORY]: "8Gi" },
  },
  { name: "no devices", run: stating("cpu=4,nvidia.com/gpu=1").run, expected: { [CPU]: "4" } },
  { name: "nothing that is computed later", run: stating("computed").run, expected: {} },
  { name: "nothing of a run that says nothing", run: aRun().run, expected: {} },
  { name: "nothing of what cannot be read", run: stating("cpu=much").run, expected: {} },
])("a queue is told $name", ({ run, expected }) => {
  expect(queueRequests(run, "tekton-kueue")).toEqual(expected);
  expect(queueRequests(run, "none")).toEqual({});
});
