/** A controller whose Lease comes and goes, on an API server in memory that answers late. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { V1StatefulSet } from "@kubernetes/client-node";
import { Cluster } from "../kube/cluster";
import type { Store } from "../store/store";
import type { Watches } from "../store/watches";
import { aRun, SETTINGS } from "../testing/builders";
import { deleteStatefulSets } from "../testing/api/lives";
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
    { ...SETTINGS, RETRY_BASE_MILLISECONDS: 10, RESYNC_SECONDS: 0.01 },
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
afterEach(() => {
  begun.fails();
  return begun.controller.stop();
});

test("a Lease that is had again while work of before is under way: the run is worked on at once", async () => {
  const { api, controller } = begun;
  void controller.stop();
  controller.start();
  await until(() => api.all("statefulsets").length === 1);
  expect([...controller.observed()]).toHaveLength(1);
});

test("and a late answer to that work undoes nothing", async () => {
  const { api, controller, fails } = begun;
  const stopped = controller.stop();
  controller.start();
  await until(() => api.all("statefulsets").length === 1);
  fails();
  await stopped;
  expect([...controller.observed()]).toHaveLength(1);
});

test("a Lease that is lost while work is under way: it is not tried again, and nothing is known", async () => {
  const { api, controller, fails } = begun;
  const stopped = controller.stop();
  fails();
  await stopped;
  expect(api.all("statefulsets")).toEqual([]);
  expect([...controller.observed()]).toEqual([]);
  expect(controller.queue).toEqual({ depth: 0, working: 0, delayed: 0 });
});

test("a Lease that is lost, and had again, while a list is under way: the next term does not wait for it", async () => {
  const { api, controller, fails, starts, listsSlowly } = begun;
  fails();
  await controller.stop();
  listsSlowly(new Promise(() => undefined));
  controller.start();
  await until(() => starts() === 2);
  await controller.stop();
  listsSlowly(Promise.resolve());
  controller.start();
  await until(() => api.all("statefulsets").length === 1);
  expect(starts()).toBe(3);
});

test("the resync finds what no watch tells, though Tekton's ConfigMaps cannot be read", async () => {
  const { api, fails } = begun;
  fails();
  const uids = () => api.all("statefulsets").map(({ metadata }) => metadata!.uid);
  await until(() => uids().length === 1);
  const [first] = uids();
  deleteStatefulSets(api);
  await until(() => uids().length === 1 && uids()[0] !== first);
});
