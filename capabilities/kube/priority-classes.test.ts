import { expect, test } from "@jest/globals";
import type { V1PriorityClass } from "@kubernetes/client-node";
import { patientClass } from "../placement/priority";
import { answer } from "../testing/fake-cluster";
import type { KubeClients } from "./client";
import { PriorityClasses } from "./priority-classes";

/** An API server with these classes; what it is asked is kept. */
function classesOf(...there: V1PriorityClass[]) {
  const asked: string[] = [];
  const byName = new Map(there.map(one => [one.metadata!.name!, one]));
  const scheduling = {
    listPriorityClass: () => {
      asked.push("list");
      return Promise.resolve({ items: [...byName.values()] });
    },
    createPriorityClass: ({ body }: { body: V1PriorityClass }) => {
      const name = body.metadata!.name!;
      asked.push(`create ${name}`);
      if (byName.has(name)) return Promise.reject(answer(409, "already exists"));
      byName.set(name, body);
      return Promise.resolve(body);
    },
  };
  return { asked, byName, classes: new PriorityClasses({ scheduling } as unknown as KubeClients) };
}

const high: V1PriorityClass = {
  metadata: { name: "high" },
  value: 100,
  preemptionPolicy: "PreemptLowerPriority",
};

test("what is known costs no request, and what is not is looked for once", async () => {
  const { asked, classes } = classesOf(high);
  await classes.prepare();
  asked.length = 0;
  expect(await classes.priorities([undefined, "high"])).toEqual(
    new Map([
      [undefined, { value: 0, isPatient: false }],
      ["high", { value: 100, isPatient: false }],
    ]),
  );
  await classes.ensure(patientClass(0));
  expect(asked).toEqual([]);
  for (const _ of [1, 2]) await classes.priorities(["gone"]);
  expect(asked).toEqual(["list"]);
});

test("many who need the same new class make it once", async () => {
  const { asked, byName, classes } = classesOf(high);
  await classes.prepare();
  asked.length = 0;
  await Promise.all(Array.from({ length: 30 }, () => classes.ensure(patientClass(100))));
  expect(asked).toEqual(["create pipelinerun-pod-affinity-100", "list"]);
  expect(byName.get("pipelinerun-pod-affinity-100")).toMatchObject({ value: 100, preemptionPolicy: "Never" });
});

test("another class of that name is told, never used", async () => {
  const { classes } = classesOf({ ...high, metadata: { name: "pipelinerun-pod-affinity-100" } });
  await expect(classes.ensure(patientClass(100))).rejects.toThrow("delete that class");
});
