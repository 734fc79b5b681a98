/** What the controller's account may do, and what it may not. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { V1OwnerReference, V1PodSpec } from "@kubernetes/client-node";
import { parse, stringify } from "yaml";
import { JSON_PATCH } from "../../capabilities/kube/json-patch";
import { kubeClients, type KubeClients } from "../../capabilities/kube/client";
import { until } from "../../testbed/until";
import { OPERATOR_NAMESPACE, RELEASE } from "../../testbed/operator-names";
import { nap, run, RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

const NAMESPACE = "guards";
const PLACEHOLDER = {
  "app.kubernetes.io/name": "pipelinerun-pod-affinity",
  "app.kubernetes.io/component": "placeholder",
};

/** The administrator in the guise of the controller: the audit log does not take it for the controller. */
async function asController(operated: OperatedCluster): Promise<KubeClients> {
  const config = parse(await readFile(operated.cluster.kubeconfigFile, "utf8")) as {
    users: { user: object }[];
  };
  const as = `system:serviceaccount:${OPERATOR_NAMESPACE}:${RELEASE}-controller`;
  config.users = config.users.map(entry => ({ ...entry, user: { ...entry.user, as } }));
  const file = join(operated.cluster.directory, "controller.kubeconfig");
  await writeFile(file, stringify(config), { mode: 0o600 });
  return kubeClients({ maxConnections: 2, requestTimeoutMilliseconds: 10_000 }, file);
}

const container = {
  name: "c",
  image: "registry.k8s.io/pause:3.10.1",
  resources: { requests: { cpu: "100m" } },
  securityContext: { allowPrivilegeEscalation: false },
};
const HARMLESS = { automountServiceAccountToken: false, containers: [container] };

const MIRROR = "mirror.example.com/pause:3.10.1";
/** Values of the chart, where a policy of the cluster has its image pulled from a mirror. */
export const MIRRORED = { admissionPolicy: { rewrittenImages: [MIRROR] } };

const statefulSet = (name: string, labels: Record<string, string>, pod: V1PodSpec = HARMLESS) => ({
  metadata: { name, labels },
  spec: {
    serviceName: name,
    replicas: 0,
    selector: { matchLabels: { of: name } },
    template: { metadata: { labels: { of: name } }, spec: pod },
  },
});

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: Error) => error.message,
  );

export function guards(operated: () => OperatedCluster): void {
  let controller: KubeClients;
  beforeAll(async () => {
    await operated().createNamespace(NAMESPACE);
    controller = await asController(operated());
  }, RUN_MILLISECONDS);

  describe("with the permissions of its account, the controller", () => {
    const own = (end: string) => `custom-pod-affinity-${end}`;
    const admin = () => operated().cluster.clients;
    const replace = (path: string, value: unknown) => [{ op: "replace", path, value }];
    const requests = "/spec/containers/0/resources/requests/cpu";
    const makeSet = (by: KubeClients, name: string, labels: Record<string, string>, pod?: V1PodSpec) =>
      by.apps.createNamespacedStatefulSet({ namespace: NAMESPACE, body: statefulSet(name, labels, pod) });
    const patchSet = (name: string, body: object[]) =>
      controller.apps.patchNamespacedStatefulSet({ namespace: NAMESPACE, name, body }, JSON_PATCH);
    const deleteSet = (name: string) =>
      controller.apps.deleteNamespacedStatefulSet({ namespace: NAMESPACE, name });
    const resize = (name: string) =>
      controller.core.patchNamespacedPodResize(
        { namespace: NAMESPACE, name, body: replace(requests, "50m") },
        JSON_PATCH,
      );
    const deletePod = (name: string) => controller.core.deleteNamespacedPod({ namespace: NAMESPACE, name });

    async function makePod(
      name: string,
      labels: Record<string, string>,
      by: KubeClients = admin(),
    ): Promise<void> {
      const spec = { ...HARMLESS, nodeName: "node-1" };
      await by.core.createNamespacedPod({
        namespace: NAMESPACE,
        body: { metadata: { name, labels }, spec },
      });
      await until(`${name} to run`, RUN_MILLISECONDS, async () => {
        const { status } = await admin().core.readNamespacedPod({ namespace: NAMESPACE, name });
        return status?.containerStatuses?.[0]?.resources !== undefined;
      });
    }

    const OTHER = { app: "database" };
    const REFUSED = "may make, change, resize and delete only its placeholders";

    test("may change and delete a placeholder, and no other StatefulSet", async () => {
      for (const [name, labels] of [
        [own("set"), PLACEHOLDER],
        ["database", OTHER],
      ] as const) {
        await makeSet(admin(), name, labels);
      }
      expect(await outcome(patchSet("database", replace("/spec/replicas", 1)))).toContain(REFUSED);
      expect(await outcome(deleteSet("database"))).toContain(REFUSED);
      expect(await outcome(patchSet(own("set"), replace("/spec/minReadySeconds", 1)))).toBe("done");
      expect(await outcome(deleteSet(own("set")))).toBe("done");
    });

    test("may resize and delete a placeholder's pod, and no other", async () => {
      await Promise.all([
        makePod(own("pod"), PLACEHOLDER, controller),
        makePod("build", { "tekton.dev/taskRun": "build" }),
      ]);
      expect(await outcome(resize("build"))).toContain(REFUSED);
      expect(await outcome(deletePod("build"))).toContain(REFUSED);
      expect(await outcome(resize(own("pod")))).toBe("done");
      expect(await outcome(deletePod(own("pod")))).toBe("done");
    });

    test("may not make another StatefulSet into a placeholder, by labels or by name", async () => {
      await makeSet(admin(), own("relabelled"), OTHER);
      const relabel = Object.entries(PLACEHOLDER).map(([key, value]) => ({
        op: "add",
        path: `/metadata/labels/${key.replace("/", "~1")}`,
        value,
      }));
      expect(await outcome(patchSet(own("relabelled"), relabel))).toContain(REFUSED);
      await makeSet(admin(), "labelled", PLACEHOLDER);
      expect(await outcome(deleteSet("labelled"))).toContain(REFUSED);
    });

    test("may make a placeholder, and nothing else", async () => {
      expect(await outcome(makeSet(controller, own("made"), PLACEHOLDER))).toBe("done");
      expect(await outcome(makeSet(controller, "made", OTHER))).toContain(REFUSED);
    });

    test("may make a placeholder of what the cluster makes of its image", async () => {
      const pod = { ...HARMLESS, containers: [{ ...container, image: MIRROR }] };
      expect(await outcome(makeSet(controller, own("mirrored"), PLACEHOLDER, pod))).toBe("done");
    });

    test.each<[string, V1PodSpec]>([
      ["another image", { ...HARMLESS, containers: [{ ...container, image: "miner" }] }],
      ["a command", { ...HARMLESS, containers: [{ ...container, command: ["sh"] }] }],
      ["a second container", { ...HARMLESS, containers: [container, { ...container, name: "d" }] }],
      ["an init container", { ...HARMLESS, initContainers: [{ ...container, name: "i" }] }],
      ["privileges", { ...HARMLESS, containers: [{ ...container, securityContext: { privileged: true } }] }],
      ["a token", { containers: [container] }],
      ["the host's network", { ...HARMLESS, hostNetwork: true }],
      ["the host's files", { ...HARMLESS, volumes: [{ name: "v", hostPath: { path: "/" } }] }],
      ["a Secret", { ...HARMLESS, volumes: [{ name: "v", secret: { secretName: "s" } }] }],
    ])("may not make a placeholder with %s", async (_what, pod) => {
      const refusal = "A placeholder is one container of the image registry.k8s.io/pause:3.10.1";
      expect(await outcome(makeSet(controller, own("harmful"), PLACEHOLDER, pod))).toContain(refusal);
      await makeSet(admin(), own("changed"), PLACEHOLDER).catch(() => undefined); // Once for all of these.
      const change = patchSet(
        own("changed"),
        replace("/spec/template/spec", { ...pod, restartPolicy: "Always" }),
      );
      expect(await outcome(change)).toContain(refusal);
    });

    test("may delete a claim that Tekton made for a run, and no user's own", async () => {
      // One that nobody starts: an owner that is not there would have the claim collected.
      const owner = await operated().createRun(
        NAMESPACE,
        run("owner", [nap("only")], { labels: {} }, { status: "PipelineRunPending" }),
      );
      const { apiVersion, kind, metadata } = owner;
      const ref = { apiVersion: apiVersion!, kind: kind!, name: metadata!.name!, uid: metadata!.uid! };
      const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
      const make = (name: string, ownerReferences: V1OwnerReference[]) =>
        admin().core.createNamespacedPersistentVolumeClaim({
          namespace: NAMESPACE,
          body: { metadata: { name, ownerReferences, finalizers: ["example.com/kept"] }, spec: claim },
        });
      await make("made", [{ ...ref, controller: true }]);
      await make("users", [ref]);
      const remove = (name: string) =>
        controller.core.deleteNamespacedPersistentVolumeClaim({ namespace: NAMESPACE, name });
      const patch = (path: string, value: unknown) =>
        controller.core.patchNamespacedPersistentVolumeClaim(
          { namespace: NAMESPACE, name: "made", body: replace(path, value) },
          JSON_PATCH,
        );
      expect(await outcome(remove("users"))).toContain("only claims that Tekton has made");
      const TAKES_NOTHING = "may take nothing but the finalizer";
      expect(await outcome(patch("/metadata/finalizers", ["example.com/kept"]))).toContain(TAKES_NOTHING);
      expect(await outcome(remove("made"))).toBe("done");
      expect(await outcome(patch("/metadata/finalizers", []))).toContain(TAKES_NOTHING);
      expect(await outcome(patch("/metadata/finalizers", ["example.com/kept"]))).toBe("done");
      for (const name of ["made", "users"]) {
        await admin().core.patchNamespacedPersistentVolumeClaim(
          { namespace: NAMESPACE, name, body: replace("/metadata/finalizers", []) },
          JSON_PATCH,
        );
      }
    });

    test("may make PriorityClasses of its own that never preempt, and no others", async () => {
      const make = (name: string, more: object) =>
        controller.scheduling.createPriorityClass({ body: { metadata: { name }, value: 5, ...more } });
      const never = { preemptionPolicy: "Never" };
      expect(await outcome(make("pipelinerun-pod-affinity-5", never))).toBe("done");
      const refused = "only PriorityClasses of its own that never preempt";
      expect(await outcome(make("pipelinerun-pod-affinity-6", {}))).toContain(refused);
      expect(await outcome(make("others-5", never))).toContain(refused);
      expect(await outcome(make("pipelinerun-pod-affinity-7", { ...never, globalDefault: true }))).toContain(
        refused,
      );
    });

    test("may read no Secret", async () => {
      const secret = { namespace: OPERATOR_NAMESPACE, name: `${RELEASE}-tls` };
      expect(await outcome(controller.core.readNamespacedSecret(secret))).toContain("forbidden");
    });
  });

  describe("nobody else makes pods that count as placeholders", () => {
    const ONLY = "Only pipelinerun-pod-affinity makes";
    const admin = () => operated().cluster.clients;
    const template = { metadata: { labels: PLACEHOLDER }, spec: HARMLESS };
    const labelled = (name: string) => ({
      metadata: { name },
      spec: { serviceName: name, selector: { matchLabels: PLACEHOLDER }, replicas: 1, template },
    });

    test.each<[string, (namespace: string) => Promise<unknown>]>([
      [
        "a pod",
        namespace =>
          admin().core.createNamespacedPod({
            namespace,
            body: { metadata: { name: "stranger", labels: PLACEHOLDER }, spec: HARMLESS },
          }),
      ],
      [
        "a StatefulSet",
        namespace => admin().apps.createNamespacedStatefulSet({ namespace, body: labelled("strangers") }),
      ],
      [
        "labels that are put on a pod later",
        async namespace => {
          const body = { metadata: { name: "relabelled" }, spec: { ...HARMLESS, nodeName: "node-1" } };
          await admin().core.createNamespacedPod({ namespace, body });
          const patch = [{ op: "add", path: "/metadata/labels", value: PLACEHOLDER }];
          return admin().core.patchNamespacedPod({ namespace, name: "relabelled", body: patch }, JSON_PATCH);
        },
      ],
    ])("%s", async (_what, make) => {
      expect(await outcome(make(NAMESPACE))).toContain(ONLY);
    });

    test(
      "the StatefulSet of a real one may not be changed or scaled up, and may be deleted",
      async () => {
        const name = "custom-pod-affinity-real";
        const body = { ...labelled(name), metadata: { name, labels: PLACEHOLDER } };
        await controller.apps.createNamespacedStatefulSet({ namespace: NAMESPACE, body });
        const target = { namespace: NAMESPACE, name };
        const replicas = [{ op: "replace", path: "/spec/replicas", value: 5 }];
        const { apps } = admin();
        expect(
          await outcome(apps.patchNamespacedStatefulSet({ ...target, body: replicas }, JSON_PATCH)),
        ).toContain(ONLY);
        expect(
          await outcome(apps.patchNamespacedStatefulSetScale({ ...target, body: replicas }, JSON_PATCH)),
        ).toContain("A placeholder is one pod");
        const pod = await until("its pod, made by the StatefulSet's controller", RUN_MILLISECONDS, () =>
          admin()
            .core.readNamespacedPod({ namespace: NAMESPACE, name: `${name}-0` })
            .catch(() => undefined),
        );
        expect(pod.metadata?.labels).toMatchObject(PLACEHOLDER);
        expect(await outcome(apps.deleteNamespacedStatefulSet(target))).toBe("done");
      },
      RUN_MILLISECONDS,
    );
  });
}
