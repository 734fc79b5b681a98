/** Admission while its processes come, go and are not there. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { X509Certificate } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";
import { PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { isHeldByUs } from "../capabilities/tekton";
import { addNode } from "../testbed/nodes";
import { OPERATOR_NAMESPACE, RELEASE } from "../testbed/operator-names";
import { until } from "../testbed/until";
import { Load } from "./load";
import { nap, OperatedCluster, run, RUN_MILLISECONDS, START_MILLISECONDS } from "./operated-cluster";

const PER_SECOND = 50;
const NAMESPACE = "load";

let operated: OperatedCluster;
beforeAll(async () => {
  operated = await OperatedCluster.start("availability", 1);
  await operated.createNamespace(NAMESPACE);
}, START_MILLISECONDS);
afterAll(() => operated?.stop(), RUN_MILLISECONDS);

const pems = (text: string): string[] => text.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----/g) ?? [];

async function trustedAuthorities(): Promise<X509Certificate[]> {
  const { admission } = operated.cluster.clients;
  const { webhooks } = await admission.readMutatingWebhookConfiguration({ name: RELEASE });
  return pems(Buffer.from(webhooks![0]!.clientConfig.caBundle!, "base64").toString()).map(
    pem => new X509Certificate(pem),
  );
}

async function servingCertificate(): Promise<X509Certificate> {
  const secret = { namespace: OPERATOR_NAMESPACE, name: `${RELEASE}-tls` };
  const { data } = await operated.cluster.clients.core.readNamespacedSecret(secret);
  return new X509Certificate(Buffer.from(data!["tls.crt"]!, "base64"));
}

const isSignedByOneOf = (certificate: X509Certificate, authorities: X509Certificate[]) =>
  authorities.some(authority => certificate.verify(authority.publicKey));

/** @returns what became of creations at 50 a second while `work` was under way */
async function underLoad(work: () => Promise<void>) {
  const load = new Load(operated.cluster, NAMESPACE, PER_SECOND);
  const start = Date.now();
  try {
    await delay(1000); // A while of quiet, to compare with.
    await work();
    await delay(2000); // Old processes have gone, if they go.
  } catch (error) {
    await load.stop();
    throw error;
  }
  const seconds = (Date.now() - start) / 1000;
  const outcome = await load.stop();
  console.log(
    `${outcome.created} creations in ${seconds.toFixed(1)} s, ${outcome.failures.length} failed, ` +
      `the slowest took ${outcome.slowestMilliseconds} ms`,
  );
  return { ...outcome, seconds };
}

test(
  "a rolling restart of admission under 50 creations a second fails none",
  async () => {
    const before = operated.operator.processes("admission").map(({ pid }) => pid);
    const deployment = { namespace: OPERATOR_NAMESPACE, name: `${RELEASE}-admission` };
    const outcome = await underLoad(async () => {
      await operated.cluster.clients.apps.patchNamespacedDeployment(
        { ...deployment, body: { spec: { template: { metadata: { annotations: { restarted: "1" } } } } } },
        setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch),
      );
      await until("every process of admission to be a new one", RUN_MILLISECONDS, async () => {
        const now = operated.operator.processes("admission");
        return now.length === 2 && now.every(({ pid }) => !before.includes(pid));
      });
    });
    expect(before).toHaveLength(2);
    expect(outcome.failures).toEqual([]);
    expect(outcome.created).toBeGreaterThan(outcome.seconds * PER_SECOND * 0.8);
  },
  2 * RUN_MILLISECONDS,
);

test(
  "a change of the authority and all certificates under 50 creations a second fails none",
  async () => {
    const [firstAuthorities, firstCertificate] = [await trustedAuthorities(), await servingCertificate()];
    expect(firstAuthorities).toHaveLength(1);
    const renew = { certificates: { renewBeforeDays: 36_500 } };
    const outcome = await underLoad(async () => {
      await operated.operator.upgrade(renew);
      expect((await trustedAuthorities()).length).toBe(2);
      expect((await servingCertificate()).fingerprint256).toBe(firstCertificate.fingerprint256);
      await operated.operator.upgrade(renew);
      const certificate = await servingCertificate();
      expect(certificate.fingerprint256).not.toBe(firstCertificate.fingerprint256);
      expect(isSignedByOneOf(certificate, firstAuthorities)).toBe(false);
      expect(isSignedByOneOf(certificate, await trustedAuthorities())).toBe(true);
      await untilServed(certificate);
    });
    expect(outcome.failures).toEqual([]);
    expect(outcome.created).toBeGreaterThan(outcome.seconds * PER_SECOND * 0.8);
  },
  3 * RUN_MILLISECONDS,
);

/** Until each process of admission has said in its log that it took up a renewed certificate. */
function untilServed(certificate: X509Certificate): Promise<true> {
  const pods = () =>
    operated.operator.kubelet.pods().filter(({ pod }) => pod.spec!.containers[0]!.name === "admission");
  const served = (port: number) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()!.fingerprint256);
        socket.destroy();
      });
      socket.on("error", reject);
    });
  return until("the new certificate to be served", RUN_MILLISECONDS, async () => {
    const all = await Promise.all(pods().map(({ port }) => served(port)));
    return all.length > 0 && all.every(fingerprint => fingerprint === certificate.fingerprint256);
  }) as Promise<true>;
}

test(
  "an upgrade and a rollback lose nothing: a held run stays held, and certificates stay",
  async () => {
    const nodeSelector = { "kubernetes.io/hostname": "node-2" };
    const spec = { taskRunTemplate: { podTemplate: { nodeSelector } } };
    await operated.createRun(NAMESPACE, run("waits", [nap("only")], {}, spec));
    const authorities = (await trustedAuthorities()).map(({ fingerprint256 }) => fingerprint256);
    await operated.operator.upgrade({ logLevel: "debug" });
    expect((await trustedAuthorities()).map(({ fingerprint256 }) => fingerprint256)).toEqual(authorities);
    await operated.operator.helm("rollback", "--wait", "--timeout", "90s");
    expect((await trustedAuthorities()).map(({ fingerprint256 }) => fingerprint256)).toEqual(authorities);
    expect(isHeldByUs(await operated.readRun(NAMESPACE, "waits"))).toBe(true);
    await addNode(operated.cluster.clients, { name: "node-2" });
    const [ended] = await operated.untilEnded(NAMESPACE);
    expect(ended?.status?.conditions?.[0]?.reason).toBe("Succeeded");
  },
  4 * RUN_MILLISECONDS,
);

test(
  "with every process down, pods and runs that are not opted in are created as ever, others are refused",
  async () => {
    await operated.createNamespace("down");
    await operated.createNamespace("down-opted-in", { "tekton.dev/custom-pod-affinity": "true" });
    await Promise.all([operated.operator.stop("admission"), operated.operator.stop("controller")]);
    try {
      const indexes = Array.from({ length: 200 }, (_, index) => index);
      const start = Date.now();
      await Promise.all(
        indexes.flatMap(index => [
          operated.createRun("down", run(`run-${index}`, [nap("only")], { labels: {} })),
          operated.cluster.clients.core.createNamespacedPod({
            namespace: "down",
            body: {
              metadata: { name: `pod-${index}` },
              spec: { containers: [{ name: "c", image: "busybox" }] },
            },
          }),
        ]),
      );
      console.log(`200 pods and 200 runs with every process down: ${Date.now() - start} ms`);
      for (const [namespace, labels] of [
        ["down", { "tekton.dev/custom-pod-affinity": "true" }],
        ["down-opted-in", {}],
        ["down", { "pod-affinity.tekton.dev/placeholder": "custom-pod-affinity-0000000000" }],
      ] as const) {
        const refusal = await operated.createRun(namespace, run("refused", [nap("only")], { labels })).then(
          () => "it was created",
          (error: Error) => error.message,
        );
        expect(refusal).toMatch(/failed calling webhook .*pipelinerun-pod-affinity/);
      }
    } finally {
      await Promise.all([operated.operator.start("admission"), operated.operator.start("controller")]);
    }
  },
  3 * RUN_MILLISECONDS,
);
