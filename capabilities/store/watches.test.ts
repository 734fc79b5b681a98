import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { kubeConfigFor, ScriptedApiServer, type Exchange } from "../testing/scripted-api-server";
import { emptyStore } from "../testing/stored";
import { StoreWatches } from "./watches";

const CUSTOM_RUNS = "/apis/tekton.dev/v1beta1/customruns";

let server: ScriptedApiServer;
let url: string;
let watches: StoreWatches;

beforeEach(async () => {
  server = new ScriptedApiServer();
  url = `http://127.0.0.1:${await server.start()}`;
});
afterEach(async () => {
  await watches.stop();
  await server.stop();
});

/** Answers lists with nothing, and keeps watches open; @returns the next request for CustomRuns, not answered */
async function nextForCustomRuns(): Promise<Exchange> {
  for (;;) {
    const exchange = await server.next();
    if (exchange.url.pathname === CUSTOM_RUNS) return exchange;
    if (exchange.query["watch"] === undefined) exchange.page([], "1");
    else exchange.open();
  }
}

test("a Tekton without CustomRuns keeps nothing from beginning, and is told of once", async () => {
  const failures: string[] = [];
  watches = new StoreWatches(emptyStore().store, {
    kubeConfig: kubeConfigFor(url),
    eachStatefulSet: async () => {},
    withNodes: false,
    onFailure: what => failures.push(what),
  });
  const started = watches.start(() => true);
  const notThere = { kind: "Status", code: 404, message: "the server could not find the requested resource" };
  for (let tries = 0; tries < 3; tries++) (await nextForCustomRuns()).answer(404, notThere);
  await Promise.all([started, nextForCustomRuns()]);
  expect(watches.areReady).toBe(true);
  expect(failures).toEqual([CUSTOM_RUNS]);
});

test.each([
  { withNodes: true, asked: ["/api/v1/nodes"] },
  { withNodes: false, asked: [] },
])("nodes are watched only where runs may leave them: $withNodes", async ({ withNodes, asked }) => {
  watches = new StoreWatches(emptyStore().store, {
    kubeConfig: kubeConfigFor(url),
    eachStatefulSet: async () => {},
    withNodes,
    onFailure: () => undefined,
  });
  const started = watches.start(() => true);
  const paths = new Set<string>();
  // Four kinds besides, each with a first request and a watch.
  for (let count = 0; count < 2 * (4 + asked.length); count++) {
    const exchange = await server.next();
    paths.add(exchange.url.pathname);
    if (exchange.query["watch"] === undefined) exchange.page([], "1");
    else exchange.open();
  }
  await started;
  expect([...paths].filter(path => path.endsWith("/nodes"))).toEqual(asked);
});
