/** What people see of a run that is under way and of one that waits, with read rights alone. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { TEKTON_PIPELINE_RUN_LABEL } from "../../capabilities/keys";
import { PIPELINE_RUN_V1 } from "../../capabilities/tekton/objects";
import { nap, run, RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";
import { until } from "../../testbed/until";
import { readerOf, said } from "./reader";

const RUNS_ONLY = [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["get", "list"] }];
/** Longer than all questions take; then both runs are deleted. */
const SECONDS = 600;
const NOWHERE = { taskRunTemplate: { podTemplate: { nodeSelector: { "people/there": "no" } } } };

const isRefused = ({ metadata, status }: V1Pod): boolean =>
  metadata?.labels?.[TEKTON_PIPELINE_RUN_LABEL] === "stuck" &&
  status?.conditions?.some(({ type, status: value }) => type === "PodScheduled" && value === "False") ===
    true;

/** @returns the node of the one that is under way */
async function untilSeen(operated: OperatedCluster, namespace: string): Promise<string> {
  return until("one run to be under way, and one to wait", RUN_MILLISECONDS, async () => {
    const pods = operated.history.now("pod", namespace);
    const working = pods.find(
      ({ metadata, status }) => metadata?.name === "working-work-pod" && status?.phase === "Running",
    );
    return pods.some(isRefused) ? working?.spec?.nodeName : undefined;
  });
}

export async function peopleSee(operated: OperatedCluster, namespace: string): Promise<void> {
  const { cluster } = operated;
  await operated.createNamespace(namespace);
  const reader = await readerOf(cluster, namespace, `${namespace}-reader`);
  const limited = await readerOf(cluster, namespace, `${namespace}-limited`, { rules: RUNS_ONLY });
  const own = await readerOf(cluster, namespace, `${namespace}-own`, { isNamespaced: true });
  await operated.createRun(namespace, run("working", [nap("work", SECONDS)]));
  await operated.createRun(namespace, run("stuck", [nap("work")], {}, NOWHERE));
  const node = await untilSeen(operated, namespace);

  const stuck = await said(reader, "why", "stuck");
  expect(stuck).toMatch(new RegExp(`^PipelineRun ${namespace}/stuck: held\n\nWaits for   a node \\(`));
  expect(stuck).toMatch(/Queue +1st of \d+ held runs? in the cluster/);
  expect(stuck).toMatch(/kubectl label pipelinerun stuck -n \S+ --overwrite/);
  expect(stuck).toMatch(/created, and held\n.*placeholder custom-pod-affinity-\w+ made/);
  expect(stuck).not.toContain("Not known");
  const working: unknown = JSON.parse(await said(reader, "why", `${namespace}/working`, "-o", "json"));
  expect(working).toMatchObject({ state: "running", node, waitsFor: null, notes: [] });

  const listed = (await said(reader, "ls", "-A")).split("\n");
  expect(listed).toContainEqual(
    expect.stringMatching(new RegExp(`^${namespace} +working +running +${node} `)),
  );
  expect(listed).toContainEqual(expect.stringMatching(new RegExp(`^${namespace} +stuck +held +- +1st of `)));
  const picture = join(cluster.directory, "map.svg");
  const map = await said(reader, "map", "--svg", picture);
  expect(map).toMatch(new RegExp(`^${node} +Ready .* ${namespace}/working +.*work`, "m"));
  expect(map).toMatch(new RegExp(`^${namespace}/stuck +\\d+ +a node`, "m"));
  expect(await readFile(picture, "utf8")).toContain(`<title>${namespace}/working: work`);

  const little = await said(limited, "why", "stuck");
  expect(little).toMatch(/Waits for {3}a node, as it seems/);
  expect(little).toMatch(/You may not read StatefulSets/);
  const here = await said(own, "map");
  expect(here).toMatch(new RegExp(`^${node} +- .*${namespace}/working`, "m"));
  expect(here).toContain(`so only ${namespace} is shown`);
  expect(here).toContain("You may not read nodes");
  await expect(said(reader, "why", "nobody")).rejects.toThrow(`there is no PipelineRun ${namespace}/nobody`);
  for (const name of ["working", "stuck"]) {
    await cluster.clients.custom.deleteNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, name });
  }
}
