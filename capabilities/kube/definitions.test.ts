import { expect, test } from "@jest/globals";
import { ApiException } from "@kubernetes/client-node";
import type { PipelineRun } from "../tekton/objects";
import type { KubeClients } from "./client";
import { readDefinitions } from "./definitions";

const clusterTask = (name: string, namespace: string) => ({
  name: `${name}-in-${namespace}`,
  taskRef: {
    resolver: "cluster",
    params: Object.entries({ kind: "task", name, namespace }).map(([key, value]) => ({ name: key, value })),
  },
});
const run = (...tasks: object[]) =>
  ({ metadata: { name: "build", namespace: "ci" }, spec: { pipelineSpec: { tasks } } }) as PipelineRun;

const failing = (code: number) => new ApiException(code, "no", "{}", {});
const steps = [{ name: "s", computeResources: { requests: { cpu: "1" } } }];

/** Answers to reads of Tasks, by namespace/name. */
function clientsWith(answers: Record<string, object>): { clients: KubeClients; asked: string[] } {
  const asked: string[] = [];
  const getNamespacedCustomObject = async ({ namespace, name }: { namespace: string; name: string }) => {
    asked.push(`${namespace}/${name}`);
    const answer = answers[`${namespace}/${name}`] ?? failing(404);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { clients: { custom: { getNamespacedCustomObject } } as object as KubeClients, asked };
}

test("a task of another namespace is read there, and what may not be read there is known to be so", async () => {
  const { clients, asked } = clientsWith({
    "tools/golang": { spec: { steps } },
    "secret/golang": failing(403),
  });
  const which = run(
    clusterTask("golang", "tools"),
    clusterTask("golang", "secret"),
    clusterTask("npm", "tools"),
  );
  const { tasks, notAllowed } = await readDefinitions(which, [], clients, { defaults: {} });
  expect(asked).toEqual(["tools/golang", "secret/golang", "tools/npm"]);
  expect([...tasks.keys()]).toEqual(["tools/golang", "secret/golang", "tools/npm"]);
  expect(tasks.get("tools/golang")?.steps).toHaveLength(1);
  expect(tasks.get("tools/npm")).toBeUndefined();
  expect([...notAllowed!]).toEqual(["Task secret/golang"]);
});

test.each([
  { name: "the run's own namespace is closed", namespace: "ci", code: 403 },
  { name: "another namespace cannot be asked", namespace: "tools", code: 500 },
])("what is tried again is no note: $name", async ({ namespace, code }) => {
  const { clients } = clientsWith({ [`${namespace}/golang`]: failing(code) });
  const read = readDefinitions(run(clusterTask("golang", namespace)), [], clients, { defaults: {} });
  await expect(read).rejects.toMatchObject({ code });
});

test("Tekton's defaults, and what it has resolved, are among what is known", async () => {
  const { clients } = clientsWith({});
  const resolvedPipelines = new Map([["inner", { tasks: [] }]]);
  const reading = { defaults: { mostCombinations: 7 }, resolvedPipelines };
  expect(await readDefinitions(run(), [], clients, reading)).toMatchObject({
    mostCombinations: 7,
    resolvedPipelines,
  });
});
