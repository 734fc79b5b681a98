/**
 * Holds the stand-in against recordings of a real Tekton: every input of recordings/ is run on an embedded
 * cluster, and what comes of it must be what came of it there. See contract/normalise.ts for what is left out.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startCluster, type Cluster } from "../cluster";
import { createNamespace } from "../namespaces";
import { addNode } from "../nodes";
import { until } from "../until";
import { differences } from "./contract/differences";
import { intervene } from "./contract/interventions";
import { normalise } from "./contract/normalise";
import { definedOrderProblems, isEnd } from "./contract/order";
import { Recorder } from "./contract/recorder";
import { INPUTS, namespaceOf, objectsOf, recordedFor, type Recording } from "./contract/recording";
import { resources } from "./io/api";
import { saysReady } from "../ready";
import type { PipelineSpec } from "./types";

const startMilliseconds = 20 * 60_000; // The first start builds the programs.
const runMilliseconds = 240_000;
/** Nothing has happened for this long: nothing will. */
const quietMilliseconds = 1000;
const nodes = 5;

const recorder = new Recorder();
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ name: "tekton-contract" });
  await Promise.all(
    Array.from({ length: nodes }, (_, index) => addNode(cluster.clients, { name: `node-${index + 1}` })),
  );
  const log = join(cluster.directory, "logs", "tekton-stand-in.log");
  await until("the stand-in to be ready", runMilliseconds, () => saysReady("tekton-stand-in", log));
  await defaultStorageClass();
  await recorder.start(cluster.kubeconfigFile);
}, startMilliseconds);

afterAll(async () => {
  recorder.stop();
  await cluster?.stop();
}, 300_000);

/** The recordings' cluster had a default storage class of this name; of two, the newer is the default. */
async function defaultStorageClass(): Promise<void> {
  await cluster.clients.custom.createClusterCustomObject({
    group: "storage.k8s.io",
    version: "v1",
    plural: "storageclasses",
    body: {
      metadata: {
        name: "kwok-volume",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      provisioner: "testbed/kwok",
      volumeBindingMode: "WaitForFirstConsumer",
    },
  });
}

async function create(input: string): Promise<void> {
  for (const body of await objectsOf(input)) {
    const [group, version] = body.apiVersion!.split("/") as [string, string];
    const { plural } = resources[body.kind as keyof typeof resources];
    const namespace = namespaceOf(input);
    await cluster.clients.custom.createNamespacedCustomObject({ group, version, namespace, plural, body });
  }
}

/** Whether all that ended in the recording has ended, and nothing happens any more. */
function isOver(input: string, recorded: Recording): boolean {
  const here = recorder.of(namespaceOf(input));
  const ends = ({ timeline }: Recording): Set<string> =>
    new Set(timeline.filter(isEnd).map(({ object }) => object));
  const missing = [...ends(recorded)].filter(object => !ends(here).has(object));
  return missing.length === 0 && recorder.quietFor(namespaceOf(input)) > quietMilliseconds;
}

async function pipelinesOf(input: string): Promise<Record<string, PipelineSpec>> {
  const pipelines = (await objectsOf(input)).filter(({ kind }) => kind === "Pipeline");
  return Object.fromEntries(pipelines.map(({ metadata, spec }) => [metadata!.name!, spec as PipelineSpec]));
}

describe("what comes of an input is what a real Tekton made of it", () => {
  test.concurrent.each(INPUTS)(
    "%s",
    async input => {
      const recorded = await recordedFor(input);
      await createNamespace(cluster.clients, namespaceOf(input));
      await create(input);
      await intervene(cluster.clients, input, await objectsOf(input), () => recorder.of(namespaceOf(input)));
      // When they do not, the differences say it better.
      const waited = await until(`the runs of ${input} to end as recorded`, runMilliseconds, async () =>
        isOver(input, recorded),
      ).then(
        () => [],
        (error: Error) => [error.message],
      );
      const here = recorder.of(namespaceOf(input));
      const found = differences(`${input}.json`, normalise(recorded), normalise(here));
      const order = definedOrderProblems(here, await pipelinesOf(input)).map(
        line => `${input}.yaml: ${line}`,
      );
      expect([...waited, ...found, ...order]).toEqual([]);
    },
    2 * runMilliseconds,
  );
});
