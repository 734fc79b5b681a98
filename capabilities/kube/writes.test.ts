import { describe, expect, test } from "@jest/globals";
import { aRun, placeholderOf, placeholderPodOf } from "../testing/builders";
import { patchingClients } from "../testing/fake-clients";
import { PlaceholderWrites } from "./placeholder-writes";
import { RunWrites } from "./run-writes";

const mesh = { name: "mesh", resources: { requests: { cpu: "9" } } };
const change = { affinity: {}, resources: {}, record: { placing: {} as never, moves: 1 } };
const paths = (sent: { op: string; path: string }[], op: string) =>
  sent.filter(one => one.op === op).map(({ path }) => path);

describe("with another container first in the placeholder's pod", () => {
  test("its own one is resized, guarded by its name", async () => {
    const { clients, sent } = patchingClients();
    const pod = placeholderPodOf(aRun().held().run, "node-1");
    pod.spec!.containers.unshift(mesh);
    await new PlaceholderWrites(clients).resizePod(pod, { requests: { cpu: "1" } });
    expect(paths(sent, "replace")).toEqual(["/spec/containers/1/resources"]);
    expect(sent).toContainEqual({ op: "test", path: "/spec/containers/1/name", value: "placeholder" });
  });

  test("its own one is changed in the template, guarded by its name", async () => {
    const { clients, sent } = patchingClients();
    const statefulSet = placeholderOf(aRun().held().run);
    statefulSet.spec!.template.spec!.containers.unshift(mesh);
    await new PlaceholderWrites(clients).changeTemplate(statefulSet, change);
    expect(paths(sent, "add")).toContain("/spec/template/spec/containers/1/resources");
    expect(paths(sent, "test")).toContain("/spec/template/spec/containers/1/name");
  });

  test("nothing is changed where its own one was taken away", async () => {
    const { clients, sent } = patchingClients();
    const pod = placeholderPodOf(aRun().held().run, "node-1");
    pod.spec!.containers = [mesh];
    await expect(new PlaceholderWrites(clients).resizePod(pod, {})).rejects.toThrow("placeholder");
    expect(sent).toEqual([]);
  });
});

test("a change that an admission policy undoes is a failure, and not made again and again", async () => {
  const statefulSet = placeholderOf(aRun().held().run);
  const { clients } = patchingClients(statefulSet);
  await expect(new PlaceholderWrites(clients).changeTemplate(statefulSet, change)).rejects.toThrow(
    "does an admission policy undo",
  );
});

test("every change of a StatefulSet is guarded by its UID and generation", async () => {
  const { clients, sent } = patchingClients();
  await new PlaceholderWrites(clients).noteGrowthRefused(placeholderOf(aRun().held().run), new Date(0));
  expect(paths(sent, "test").slice(0, 2)).toEqual(["/metadata/uid", "/metadata/generation"]);
});

test("what a placeholder keeps is changed where it is what was seen, and nothing else of it", async () => {
  const { clients, sent } = patchingClients();
  const statefulSet = placeholderOf(aRun().held().run);
  const path = "/metadata/annotations/pod-affinity.tekton.dev~1reservation";
  const before = statefulSet.metadata!.annotations!["pod-affinity.tekton.dev/reservation"];
  const more = { ask: { cpu: 4000 }, floor: {}, firstWave: {}, tasks: [] };
  await new PlaceholderWrites(clients).reserve(statefulSet, more);
  expect(paths(sent, "test")).toEqual(["/metadata/uid", "/metadata/generation", path]);
  expect(sent.slice(2)).toEqual([
    { op: "test", path, value: before },
    { op: "replace", path, value: JSON.stringify(more) },
  ]);
});

test("what a run is placed within is written on it once, at its release", async () => {
  const { clients, sent } = patchingClients();
  const run = aRun().held().annotation("pod-affinity.tekton.dev/topology-key", "zone").run;
  const to = { placeholder: "p", node: "node-1", topologyKey: "kubernetes.io/hostname" };
  await new RunWrites(clients).release(run, to);
  expect(sent).toContainEqual({
    op: "add",
    path: "/metadata/annotations/pod-affinity.tekton.dev~1within",
    value: "kubernetes.io/hostname",
  });
});
