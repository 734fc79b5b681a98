/**
 * What admission may be sent. With more of it:
 *
 *   MALFORMED_REQUESTS=1000 npx jest e2e/chart.test -t 'sent anything'
 */
import { expect, test } from "@jest/globals";
import { once } from "node:events";
import { Agent, request, type RequestOptions } from "node:https";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";
import { peakMebibytes } from "./usage";

const COUNT = Number(process.env["MALFORMED_REQUESTS"] ?? 200);

const portOfAdmission = ({ operator }: OperatedCluster): number =>
  operator.kubelet.pods().find(({ pod }) => pod.spec!.containers[0]!.name === "admission")!.port;

/** @returns the statuses of the answers, see flood.mjs */
async function flooded(posts: { count: number; body: string; options: RequestOptions }): Promise<number[]> {
  const worker = new Worker(join(__dirname, "flood.mjs"), { workerData: posts });
  const [statuses] = (await once(worker, "message")) as [number[]];
  return statuses;
}

/** @returns the status of the answer to that body, sent to a process of admission itself */
export function send(
  operated: OperatedCluster,
  path: string,
  body: string,
  more: RequestOptions = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      port: portOfAdmission(operated),
      path,
      method: "POST",
      rejectUnauthorized: false,
      ...more,
    };
    const headers = { "Content-Type": "application/json" };
    const sent = request({ ...options, headers }, response => {
      response.resume().on("end", () => resolve(response.statusCode!));
    });
    sent.on("error", reject).end(body);
  });
}

export const review = (kind: object, object: unknown): string =>
  JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: { uid: "1", operation: "CREATE", namespace: "default", name: "x", kind, object },
  });
/** Of the test bed's webhooks. */
const WEBHOOK_SECONDS = 10;
/** Of the chart. */
const LIMIT_MEBIBYTES = 512;
const RUN = { group: "tekton.dev", version: "v1", kind: "PipelineRun" };
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

const RUN_OF = (extra: object) => review(RUN, { metadata: { name: "x" }, ...extra });

export function requests(operated: () => OperatedCluster): void {
  test(
    `${COUNT} requests that are malformed, huge, deeply nested or about something else get an answer or a 4xx, and leave admission serving`,
    async () => {
      const bodies: [string, number][] = [
        ["", 400],
        ["{", 400],
        ["[]", 400],
        ['{"request":null}', 400],
        [nested(10_000), 400],
        [review(RUN, null), 400],
        [review(RUN, { metadata: { labels: 1, annotations: [] }, spec: "x" }), 200],
        [review({ group: "", version: "v1", kind: "Node" }, { metadata: { name: "x" } }), 200],
        [RUN_OF({ spec: { params: ["x".repeat(3 * 1024 * 1024)] } }), 200],
        [RUN_OF({ spec: { params: [JSON.parse(nested(1_000))] } }), 200],
      ];
      const pids = operated()
        .operator.processes("admission")
        .map(({ pid }) => pid);
      const wrong: string[] = [];
      for (let turn = 0; turn < COUNT / bodies.length / 2; turn++) {
        for (const path of ["/mutate/v1", "/validate/v1"]) {
          const statuses = await Promise.all(bodies.map(([body]) => send(operated(), path, body)));
          statuses.forEach((status, index) => {
            const [body, expected] = bodies[index]!;
            if (status !== expected) wrong.push(`${path} ${body.slice(0, 60)}: ${status}`);
          });
        }
      }
      console.log(
        `${COUNT} requests: admission used ${await peakMebibytes(operated(), "admission")} MiB at most`,
      );
      expect(wrong).toEqual([]);
      expect(
        await send(operated(), "/mutate/v1", RUN_OF({ spec: { params: ["x".repeat(8 * 1024 * 1024)] } })),
      ).toBe(413);
      expect(
        operated()
          .operator.processes("admission")
          .map(({ pid }) => pid),
      ).toEqual(pids);
      const pod = { metadata: { name: "x" }, spec: { containers: [] } };
      expect(
        await send(operated(), "/mutate/v1", review({ group: "", version: "v1", kind: "Pod" }, pod)),
      ).toBe(200);
    },
    RUN_MILLISECONDS,
  );

  test(
    "200 parallel posts of 7 MB from one pod: the API server is answered all the while, and memory stays below the limit",
    async () => {
      const before = operated()
        .operator.processes("admission")
        .map(({ pid }) => pid);
      const large = RUN_OF({ spec: { params: ["x".repeat(6_900_000)] } });
      // As the API server has them: connections that are there already.
      const agent = new Agent({ keepAlive: true, maxSockets: 2 });
      expect(await send(operated(), "/mutate/v1", RUN_OF({}), { agent })).toBe(200);
      let isOver = false;
      const options = { port: portOfAdmission(operated()), path: "/mutate/v1", localAddress: "127.0.0.9" };
      const flood = flooded({ count: 200, body: large, options }).finally(() => (isOver = true));
      const seconds: number[] = [];
      do {
        const start = performance.now();
        expect(await send(operated(), "/mutate/v1", RUN_OF({}), { agent })).toBe(200);
        seconds.push((performance.now() - start) / 1000);
        await delay(100);
      } while (!isOver);
      const statuses = await flood;
      agent.destroy();
      const counts = [...new Set(statuses)].map(
        status => `${status}: ${statuses.filter(one => one === status).length}`,
      );
      const peak = await peakMebibytes(operated(), "admission");
      console.log(
        `200 posts of 7 MB (${counts.join(", ")}): ${seconds.length} others took ${Math.max(...seconds).toFixed(1)} s ` +
          `at most, admission used ${peak} MiB at most`,
      );
      expect(Math.max(...seconds)).toBeLessThan(WEBHOOK_SECONDS);
      expect(peak).toBeLessThan(LIMIT_MEBIBYTES);
      expect(
        operated()
          .operator.processes("admission")
          .map(({ pid }) => pid),
      ).toEqual(before);
    },
    RUN_MILLISECONDS,
  );
}
