/** A controller whose Lease comes and goes, on an API server in memory that answers late. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { V1StatefulSet } from "@kubernetes/client-node";
import { Cluster } from "../kube/cluster";
import type { Store } from "../store/store";
import type { Watches } from "../store/watches";
import { aRun, SETTINGS } from "../testing/builders";
import { MemoryApi } from "../testing/api/memory-api";
import { MemoryClients } from "../testing/api/memory-clients";
import type { PipelineRun } from "../tekton/objects";
import { Controller } from "./controller";

/** Longer than anything here takes; what does not come about fails the test. */
const BOUND_MILLISECONDS = 10_000;

async function until(holds: () => boolean): Promise<void> {
  for (const start = Date.now(); !holds(); ) {
    if (Date.now() - start > BOUND_MILLISECONDS) throw new Error("it did not come about");
    await new Promise(resolve => setImmediate(resolve));
  }
}

/** Tells what is there when it starts, and nothing after that. */
class ListOnly implements Watches {
  areReady = false;

  constructor(
    private readonly api: MemoryApi,
    private readonly store: Store,
    private readonly starts: () => Promise<void>,
  ) {}

  async start(): Promise<void> {
    await this.starts();
    for (const one of this.api.all<V1StatefulSet>("statefulsets")) this.store.statefulSet("ADDED", one);
    for (const run of this.api.all<PipelineRun>("pipelineruns")) this.store.runs.event("ADDED", run);
    this.areReady = true;
  }

  async stop(): Promise<void> {
    this.areReady = false;
  }
}

/** One run is held; the first try to make its placeholder is under way, until it fails. */
async function withAWriteUnderWay() {
  const api = new MemoryApi();
  api.create(
    "pipelineruns",
    aRun()
      .held()
      .spec({ pipelineSpec: { tasks: [] } } as never).run,
  );
  const { clients } = new MemoryClients(api);
  let fail: ((error: Error) => void) | undefined;
  const { createNamespacedStatefulSet: create } = clients.apps;
  clients.apps.createNamespacedStatefulSet = request =>
    fail === undefined ? new Promise((_resolve, reject) => (fail = reject)) : create(request);
  let starts = 0;
  let list = Promise.resolve();
  const controller = new Controller(
    new Cluster(clients, "tekton-pipelines"),
    { ...SETTINGS, RETRY_BASE_MILLISECONDS: 10 },
    store => new ListOnly(api, store, () => (starts++, list)),
  );
  controller.start();
  await until(() => fail !== undefined);
  return {
    api,
    controller,
    starts: () => starts,
    /** From now on lists wait. */
    listsSlowly: (until: Promise<void>) => void (list = until),
    fails: () => fail!(new Error("The operation was aborted")),
  };
}

type Begun = Awaited<ReturnType<typeof withAWriteUnderWay>>;
let begun: Begun;
beforeEach(async () => {
  begun = await withAWriteUnderWay();
});
afterEach(() => begun.controller.stop());

test("a Lease that is had again while work of before is under way: what is told then is not forgotten", async () => {
  const { api, controller, fails } = begun;
  const stopped = controller.stop();
  controller.start();
  fails();
  await stopped;
  await until(() => api.all("statefulsets").length === 1);
  expect([...controller.observed()]).toHaveLength(1);
});

test("a Lease that is had and lost again while work of before is under way: nothing is begun", async () => {
  const { controller, fails, starts } = begun;
  const stopped = controller.stop();
  controller.start();
  const stoppedAgain = controller.stop();
  fails();
  await Promise.all([stopped, stoppedAgain]);
  expect(starts()).toBe(1);
  expect([...controller.observed()]).toEqual([]);
});

test("a list that is under way when the Lease is lost, and had again: the next one begins after it", async () => {
  const { api, controller, fails, starts, listsSlowly } = begun;
  fails();
  await controller.stop();
  let listed = (): void => undefined;
  listsSlowly(new Promise(resolve => (listed = resolve)));
  controller.start();
  await until(() => starts() === 2);
  const stopped = controller.stop();
  controller.start();
  await new Promise(resolve => setImmediate(resolve));
  expect(starts()).toBe(2);
  listed();
  await stopped;
  await until(() => api.all("statefulsets").length === 1);
  expect(starts()).toBe(3);
});
