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
    onFailure: what => failures.push(what),
  });
  const started = watches.start(() => true);
  const notThere = { kind: "Status", code: 404, message: "the server could not find the requested resource" };
  for (let tries = 0; tries < 3; tries++) (await nextForCustomRuns()).answer(404, notThere);
  await Promise.all([started, nextForCustomRuns()]);
  expect(watches.areReady).toBe(true);
  expect(failures).toEqual([CUSTOM_RUNS]);
});
