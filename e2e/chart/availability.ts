/**
 * Admission while its processes come, go and are not there. With more creations than a busy machine has time for:
 *
 *   CREATIONS_A_SECOND=50 npx jest e2e/chart.test
 */
import { beforeAll, expect, test } from "@jest/globals";
import { X509Certificate } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";
import { PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { OPERATOR_NAMESPACE, RELEASE } from "../../testbed/operator-names";
import { until } from "../../testbed/until";
import { Load } from "./load";
import { peakMebibytes } from "./usage";
import { RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

const PER_SECOND = Number(process.env["CREATIONS_A_SECOND"] ?? 20);
const NAMESPACE = "load";

const pems = (text: string): string[] => text.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----/g) ?? [];

export async function trustedAuthorities(operated: OperatedCluster): Promise<X509Certificate[]> {
  const { admission } = operated.cluster.clients;
  const { webhooks } = await admission.readMutatingWebhookConfiguration({ name: RELEASE });
  return pems(Buffer.from(webhooks![0]!.clientConfig.caBundle!, "base64").toString()).map(
    pem => new X509Certificate(pem),
  );
}

async function servingCertificate(operated: OperatedCluster): Promise<X509Certificate> {
  const secret = { namespace: OPERATOR_NAMESPACE, name: `${RELEASE}-tls` };
  const { data } = await operated.cluster.clients.core.readNamespacedSecret(secret);
  return new X509Certificate(Buffer.from(data!["tls.crt"]!, "base64"));
}

const isSignedByOneOf = (certificate: X509Certificate, authorities: X509Certificate[]) =>
  authorities.some(authority => certificate.verify(authority.publicKey));

/** @returns what became of creations at that rate while `work` was under way */
export async function underLoad(operated: OperatedCluster, namespace: string, work: () => Promise<void>) {
  const load = new Load(operated.cluster, namespace, PER_SECOND);
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
  const memory = await peakMebibytes(operated, "admission");
  console.log(
    `${outcome.created} creations in ${seconds.toFixed(1)} s, ${outcome.failures.length} failed, ` +
      `the slowest took ${outcome.slowestMilliseconds} ms; admission used ${memory} MiB at most`,
  );
  return { ...outcome, seconds };
}

/** Until each process of admission answers with the certificate. */
function untilServed(operated: OperatedCluster, certificate: X509Certificate): Promise<true> {
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

export function availability(operated: () => OperatedCluster): void {
  beforeAll(() => operated().createNamespace(NAMESPACE), RUN_MILLISECONDS);

  test(
    `a rolling restart of admission under ${PER_SECOND} creations a second fails none`,
    async () => {
      const before = operated()
        .operator.processes("admission")
        .map(({ pid }) => pid);
      const deployment = { namespace: OPERATOR_NAMESPACE, name: `${RELEASE}-admission` };
      const outcome = await underLoad(operated(), NAMESPACE, async () => {
        await operated().cluster.clients.apps.patchNamespacedDeployment(
          { ...deployment, body: { spec: { template: { metadata: { annotations: { restarted: "1" } } } } } },
          setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch),
        );
        await until("every process of admission to be a new one", RUN_MILLISECONDS, async () => {
          const now = operated().operator.processes("admission");
          return now.length === 2 && now.every(({ pid }) => !before.includes(pid));
        });
      });
      expect(before).toHaveLength(2);
      expect(outcome.failures).toEqual([]);
      expect(outcome.created).toBeGreaterThanOrEqual(Math.floor((outcome.seconds - 1) * PER_SECOND));
    },
    2 * RUN_MILLISECONDS,
  );

  test(
    `a change of the authority and all certificates under ${PER_SECOND} creations a second fails none`,
    async () => {
      const [firstAuthorities, firstCertificate] = [
        await trustedAuthorities(operated()),
        await servingCertificate(operated()),
      ];
      expect(firstAuthorities).toHaveLength(1);
      const renew = { certificates: { renewBeforeDays: 36_500 } };
      const outcome = await underLoad(operated(), NAMESPACE, async () => {
        await operated().operator.upgrade(renew);
        expect((await trustedAuthorities(operated())).length).toBe(2);
        expect((await servingCertificate(operated())).fingerprint256).toBe(firstCertificate.fingerprint256);
        await operated().operator.upgrade(renew);
        const certificate = await servingCertificate(operated());
        expect(certificate.fingerprint256).not.toBe(firstCertificate.fingerprint256);
        expect(isSignedByOneOf(certificate, firstAuthorities)).toBe(false);
        expect(isSignedByOneOf(certificate, await trustedAuthorities(operated()))).toBe(true);
        await untilServed(operated(), certificate);
      });
      expect(outcome.failures).toEqual([]);
      expect(outcome.created).toBeGreaterThanOrEqual(Math.floor((outcome.seconds - 1) * PER_SECOND));
    },
    3 * RUN_MILLISECONDS,
  );
}
