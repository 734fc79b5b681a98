/** A placeholder that cannot be made, or finds no node: the run says why, and ends its wait as it was asked to. */
import { describe, expect, test } from "@jest/globals";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { placeholderName } from "../../capabilities/placement/names";
import { at } from "../../capabilities/kube/json-patch";
import {
  COMPONENT_LABEL,
  OPT_IN_LABEL,
  OPTED_OUT,
  PHASE,
  PHASE_LABEL,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
} from "../../capabilities/keys";
import { hasEnded, isPending } from "../../capabilities/tekton/objects";
import { ruleFile } from "../../chart/alerts";
import { panelQueries } from "../../chart/panels";
import { checkRules } from "../../testbed/check-rules";
import { samplesIn } from "../../testbed/metrics";
import { scrapeAll, total } from "../../testbed/scrape";
import { until, untilRefused } from "../../testbed/until";
import { nap, run, RUN_MILLISECONDS } from "../operated-cluster";
import { operated, tasks } from "./cluster";

/** "Within seconds"; the machine may be busy. */
const TOLD_MILLISECONDS = 60_000;

const untilTold = (namespace: string, reason: string) =>
  until(`a Warning ${reason} in ${namespace}`, TOLD_MILLISECONDS, async () =>
    (await operated.warnings(namespace)).find(warning => warning.reason === reason),
  );

type Refusable = "pods" | "statefulsets";

async function untilPlaceholdersAreRefused(
  namespace: string,
  resource: Refusable,
  why: string,
): Promise<void> {
  const labels = { [COMPONENT_LABEL]: PLACEHOLDER_COMPONENT };
  const metadata = { name: "probe", labels };
  const spec = { containers: [{ name: "c", image: "busybox" }] };
  const set = {
    serviceName: "x",
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec },
  };
  const { core, apps } = operated.cluster.clients;
  const dryRun = "All";
  const probe = () =>
    resource === "pods"
      ? core.createNamespacedPod({ namespace, dryRun, body: { metadata, spec } })
      : apps.createNamespacedStatefulSet({ namespace, dryRun, body: { metadata, spec: set } });
  await untilRefused(`${resource} in ${namespace}`, RUN_MILLISECONDS, probe, why);
}

/** No more of the resource in the namespace. */
async function allowNone(namespace: string, resource: Refusable): Promise<void> {
  const hard = { [resource === "pods" ? "pods" : "count/statefulsets.apps"]: "0" };
  const body = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "builds" }, spec: { hard } };
  await operated.apply(namespace, [body]);
  await untilPlaceholdersAreRefused(namespace, resource, "exceeded quota");
}

/** As https://kubernetes.io/docs/concepts/policy/resource-quotas/ forbids affinity across namespaces. */
async function allowNoneAcross(namespace: string): Promise<void> {
  const spec = { scopes: ["CrossNamespacePodAffinity"], hard: { pods: "0" } };
  await operated.apply(namespace, [
    { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "builds" }, spec } as object,
  ]);
}

const limits = (...list: object[]) => ({
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name: "sizes" },
  spec: { limits: list },
});

const policies = () => operated.cluster.clients.admission;

/** A policy of the cluster's own against something of the namespace's placeholders. */
async function forbid(namespace: string, apiGroup: string, resource: Refusable): Promise<void> {
  const name = `no-${resource}`;
  const isPlaceholder = `object.metadata.labels[?'${COMPONENT_LABEL}'].orValue('') == '${PLACEHOLDER_COMPONENT}'`;
  await policies().createValidatingAdmissionPolicy({
    body: {
      metadata: { name },
      spec: {
        matchConstraints: {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
          resourceRules: [
            { apiGroups: [apiGroup], apiVersions: ["v1"], operations: ["CREATE"], resources: [resource] },
          ],
        },
        validations: [{ expression: `!(${isPlaceholder})`, message: "no strangers here" }],
      },
    },
  });
  await policies().createValidatingAdmissionPolicyBinding({
    body: { metadata: { name }, spec: { policyName: name, validationActions: ["Deny"] } },
  });
  await untilPlaceholdersAreRefused(namespace, resource, "no strangers here");
}

async function allow(resource: Refusable): Promise<void> {
  const name = `no-${resource}`;
  await policies().deleteValidatingAdmissionPolicyBinding({ name });
  await policies().deleteValidatingAdmissionPolicy({ name });
}

interface Case {
  /** What is told. */
  message: RegExp;
  obstruct: (namespace: string) => Promise<void>;
  clear: (namespace: string) => Promise<void>;
  /** More of the run's spec. */
  spec?: object;
}

const deleteQuota = async (namespace: string) => {
  await operated.cluster.clients.core.deleteNamespacedResourceQuota({ namespace, name: "builds" });
};
const deleteLimits = async (namespace: string) => {
  await operated.cluster.clients.core.deleteNamespacedLimitRange({ namespace, name: "sizes" });
};

const STORAGE_CLASS = "made-too-late";
const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "cache" },
  spec: {
    storageClassName: STORAGE_CLASS,
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "1Gi" } },
  },
};
const makeStorageClass = async () => {
  const { storage } = operated.cluster.clients;
  const { provisioner } = await storage.readStorageClass({ name: "standard" });
  const volumeBindingMode = "WaitForFirstConsumer";
  await storage.createStorageClass({
    body: { metadata: { name: STORAGE_CLASS }, provisioner, volumeBindingMode },
  });
};

/** A claim that no pod uses counts for nothing. */
const usingCache = (task: (typeof tasks)[number]) => ({
  ...task,
  workspaces: [{ name: "cache" }],
  taskSpec: { ...task.taskSpec, workspaces: [{ name: "cache" }] },
});

const CASES: Record<string, Case> = {
  "quota-of-statefulsets": {
    message: /StatefulSet.*exceeded quota.*Raise the quota/,
    obstruct: namespace => allowNone(namespace, "statefulsets"),
    clear: deleteQuota,
  },
  "quota-of-pods": {
    message: /exceeded quota.*no pod would be left for the run.*Raise the quota/,
    obstruct: namespace => allowNone(namespace, "pods"),
    clear: deleteQuota,
  },
  "quota-of-namespaces": {
    message: /exceeded quota.*CrossNamespacePodAffinity.*isolation-scope: namespace/,
    obstruct: allowNoneAcross,
    clear: deleteQuota,
  },
  "limit-range": {
    message: /pod.*limit to request ratio.*Change the LimitRange/,
    obstruct: namespace =>
      operated.apply(namespace, [limits({ type: "Container", maxLimitRequestRatio: { memory: "1" } })]),
    clear: deleteLimits,
  },
  "policy-on-statefulsets": {
    message: /StatefulSet.*no strangers here.*Allow StatefulSets and pods/,
    obstruct: namespace => forbid(namespace, "apps", "statefulsets"),
    clear: () => allow("statefulsets"),
  },
  "policy-on-pods": {
    message: /pod.*no strangers here.*Allow StatefulSets and pods/,
    obstruct: namespace => forbid(namespace, "", "pods"),
    clear: () => allow("pods"),
  },
  "no-storage-class": {
    message: /no node: .*unbound immediate PersistentVolumeClaims.*Make the claim, and its StorageClass/,
    obstruct: namespace => operated.apply(namespace, [claim]),
    clear: makeStorageClass,
    spec: {
      workspaces: [{ name: "cache", persistentVolumeClaim: { claimName: "cache" } }],
      pipelineSpec: { workspaces: [{ name: "cache" }], tasks: tasks.map(usingCache) },
    },
  },
};

const nowhere = { taskRunTemplate: { podTemplate: { nodeSelector: { "kubernetes.io/os": "plan9" } } } };
const within = (timeout: string, then: string) => ({
  annotations: {
    "pod-affinity.tekton.dev/placement-timeout": timeout,
    "pod-affinity.tekton.dev/on-timeout": then,
  },
});

const chooseAnew = (namespace: string, name: string, choice: string, value: string) => {
  const path = at("/metadata/annotations", `pod-affinity.tekton.dev/${choice}`);
  return operated.patchRun(namespace, name, [{ op: "add", path, value }]);
};

export function refusedTests(): void {
  describe("a placeholder that is refused is told on the run, tried again, and placed once nothing is in its way", () => {
    test.concurrent.each(Object.entries(CASES))(
      "%s",
      async (namespace, { message, obstruct, clear, spec }) => {
        await operated.createNamespace(namespace);
        await obstruct(namespace);
        await operated.createRun(namespace, run("refused", tasks, {}, spec));
        expect((await untilTold(namespace, "PlaceholderRefused")).message).toMatch(message);
        expect(isPending(await operated.readRun(namespace, "refused"))).toBe(true);
        await clear(namespace);
        const [ended] = await operated.untilEnded(namespace);
        expect(ended?.status?.conditions?.[0]?.reason).toBe("Succeeded");
        await operated.untilNoPlaceholder(namespace);
      },
      3 * RUN_MILLISECONDS,
    );
  });

  describe("a placeholder is made so that the namespace takes it", () => {
    test.concurrent(
      "where a LimitRange has a minimum above the operator's least requests",
      async () => {
        const namespace = "minimum";
        await operated.createNamespace(namespace);
        const min = { cpu: "200m", memory: "300Mi" };
        await operated.apply(namespace, [limits({ type: "Container", min, defaultRequest: min })]);
        await operated.createRun(namespace, run("small", tasks));
        const [ended] = await operated.untilEnded(namespace);
        expect(ended?.status?.conditions?.[0]?.reason).toBe("Succeeded");
      },
      2 * RUN_MILLISECONDS,
    );

    test.concurrent(
      "where Pod Security is restricted",
      async () => {
        const namespace = "restricted";
        await operated.createNamespace(namespace, { "pod-security.kubernetes.io/enforce": "restricted" });
        await operated.createRun(namespace, run("safe", tasks));
        await until("the run to be placed", RUN_MILLISECONDS, async () => {
          const { metadata } = await operated.readRun(namespace, "safe");
          return metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;
        });
      },
      2 * RUN_MILLISECONDS,
    );
  });

  test.concurrent(
    "what goes on is one Event, which says how often it was seen, and in which order things came",
    async () => {
      const namespace = "series";
      await operated.createNamespace(namespace);
      await operated.createRun(namespace, run("waits", tasks, {}, nowhere));
      const told = await until("the run to be told of again", RUN_MILLISECONDS, async () => {
        // Whatever changes about a run is a reason to look at it.
        await chooseAnew(
          namespace,
          "waits",
          "placement-timeout",
          `${60 + (Math.floor(Date.now() / 1000) % 60)}m`,
        );
        const { items } = await operated.cluster.clients.core.listNamespacedEvent({ namespace });
        const found = items.filter(({ involvedObject }) => involvedObject.kind === "PipelineRun");
        return found.some(({ series }) => (series?.count ?? 0) > 1) && found;
      });
      const waiting = told.filter(({ reason }) => reason === "WaitingForNode");
      expect(waiting).toMatchObject([
        { type: "Normal", action: "Place", reportingComponent: "pipelinerun-pod-affinity" },
      ]);
      const { eventTime, series, message } = waiting[0]!;
      expect(String(eventTime) < String(series!.lastObservedTime)).toBe(true);
      expect(message).toContain("nodes are available");
      await operated.patchRun(namespace, "waits", [
        { op: "replace", path: at("/metadata/labels", OPT_IN_LABEL), value: OPTED_OUT },
      ]);
      const ended = await until("the run to end", RUN_MILLISECONDS, async () => {
        const found = await operated.readRun(namespace, "waits");
        return hasEnded(found) || found.metadata?.labels?.[PHASE_LABEL] === PHASE.withoutAffinity
          ? found
          : undefined;
      });
      expect(ended.metadata!.labels![PHASE_LABEL]).toBe(PHASE.withoutAffinity);
    },
    2 * RUN_MILLISECONDS,
  );

  describe("at its placement-timeout", () => {
    const untilEnded = (namespace: string, name: string) =>
      until(`${name} to end`, RUN_MILLISECONDS, async () => {
        const found = await operated.readRun(namespace, name);
        return hasEnded(found) ? found : undefined;
      });

    test.concurrent(
      "cancel: a run that found no node is cancelled, with the scheduler's reason",
      async () => {
        const namespace = "timeout-cancel";
        await operated.createNamespace(namespace);
        await operated.createRun(namespace, run("cancel", tasks, within("1h", "cancel"), nowhere));
        await until("the scheduler to say why", RUN_MILLISECONDS, async () =>
          operated.history
            .now("pod", namespace)
            .some(({ status }) => status?.conditions?.some(({ reason }) => reason === "Unschedulable")),
        );
        await chooseAnew(namespace, "cancel", "placement-timeout", "1s");
        const ended = await untilEnded(namespace, "cancel");
        expect(ended.status?.conditions?.[0]?.reason).toBe("Cancelled");
        const { message } = await untilTold(namespace, "PlacementTimedOut");
        expect(message).toMatch(/within 1s\. It is cancelled .*nodes are available/);
        await operated.untilNoPlaceholder(namespace);
        expect(operated.history.nodesOfPods(namespace)).toEqual([]);
      },
      2 * RUN_MILLISECONDS,
    );

    test.concurrent(
      "at half of it people are told what comes, and why it waits",
      async () => {
        const namespace = "timeout-half";
        await operated.createNamespace(namespace);
        await operated.createRun(namespace, run("half", tasks, within("1m", "cancel"), nowhere));
        expect((await untilTold(namespace, "PlacementDelayed")).message).toMatch(
          /half of its .*placement-timeout of 1m\. At its end it is cancelled\. Why it waits: .*nodes are available/,
        );
        await chooseAnew(namespace, "half", "placement-timeout", "1s");
        await untilEnded(namespace, "half");
      },
      2 * RUN_MILLISECONDS,
    );

    test.concurrent(
      "cancel: a run whose placeholder is refused is cancelled, with the reason of the refusal",
      async () => {
        const namespace = "timeout-refused";
        await operated.createNamespace(namespace);
        await allowNone(namespace, "statefulsets");
        await operated.createRun(namespace, run("refused", tasks, within("2s", "cancel")));
        await untilEnded(namespace, "refused");
        expect((await untilTold(namespace, "PlacementTimedOut")).message).toContain("exceeded quota");
      },
      2 * RUN_MILLISECONDS,
    );

    test.concurrent(
      "run-anyway: a run starts with no affinity anywhere, and its placeholder goes",
      async () => {
        const namespace = "timeout-run";
        await operated.createNamespace(namespace);
        // The run's own pods could go somewhere: only the placeholder, for all of them, finds no node.
        const taskRunSpecs = [
          { pipelineTaskName: "one", podTemplate: { nodeSelector: { "kubernetes.io/hostname": "node-1" } } },
          { pipelineTaskName: "two", podTemplate: { nodeSelector: { other: "absent" } } },
        ];
        const more = within("2s", "run-anyway");
        await operated.createRun(namespace, run("anyway", [nap("one"), nap("two")], more, { taskRunSpecs }));
        const started = await until("the run to start", RUN_MILLISECONDS, async () => {
          const found = await operated.readRun(namespace, "anyway");
          return isPending(found) ? undefined : found;
        });
        expect(started.metadata?.labels?.[PLACEHOLDER_LABEL]).toBeUndefined();
        const pods = await until("its pods", RUN_MILLISECONDS, async () => {
          const found = operated.history
            .now("pod", namespace)
            .filter(({ metadata }) => metadata?.name?.startsWith("anyway-"));
          return found.length === 2 ? found : undefined;
        });
        for (const pod of pods) {
          expect(isPlaceholderPod(pod)).toBe(false);
          expect(pod.spec?.affinity).toBeUndefined();
        }
        expect((await untilTold(namespace, "PlacementTimedOut")).message).toContain(
          "starts without co-location",
        );
        const gone = placeholderName("anyway");
        await until("its placeholder to go", RUN_MILLISECONDS, async () => {
          const sets = operated.history.now("statefulSet", namespace);
          return !sets.some(({ metadata }) => metadata?.name === gone);
        });
      },
      3 * RUN_MILLISECONDS,
    );

    test.concurrent(
      "wait: a run goes on waiting, and says so once",
      async () => {
        const namespace = "timeout-wait";
        await operated.createNamespace(namespace);
        await operated.createRun(namespace, run("patient", tasks, within("1s", "wait"), nowhere));
        expect((await untilTold(namespace, "PlacementTimedOut")).message).toContain("goes on waiting");
        // A choice may be changed meanwhile; and what was told once was not told again.
        await chooseAnew(namespace, "patient", "on-timeout", "cancel");
        await untilEnded(namespace, "patient");
        const told = (await operated.warnings(namespace)).filter(
          ({ reason }) => reason === "PlacementTimedOut",
        );
        expect(told).toHaveLength(2);
      },
      2 * RUN_MILLISECONDS,
    );
  });

  test("refusals are counted by what stood in the way; what alerts and dashboard ask for is there, and Pepr's own", async () => {
    const answers = await scrapeAll(operated.operator, "controller");
    for (const answer of answers) expect(answer).toContain("pepr_errors");
    const all = answers.join("\n");
    for (const reason of ["quota", "limit_range", "admission_policy", "volume"])
      expect(all).toMatch(
        new RegExp(`pod_affinity_placeholders_refused_total\\{reason="${reason}"\\} [1-9]`),
      );
    const admission = await scrapeAll(operated.operator, "admission");
    const asked = { kind: "PipelineRun", operation: "CREATE", code: "200" };
    expect(total(admission, "pod_affinity_admission_duration_seconds_count", asked)).toBeGreaterThan(0);
    expect(total(admission, "pod_affinity_admission_answers_total", { allowed: "true" })).toBeGreaterThan(0);
    expect(total(admission, "pod_affinity_certificate_end_timestamp_seconds")).toBeGreaterThan(
      Date.now() / 1000,
    );
    const checked = await checkRules({ alerts: ruleFile() }, panelQueries());
    const there = new Set([...answers, ...admission].flatMap(samplesIn).map(({ name }) => name));
    const missing = Object.values(checked).flatMap(({ metrics }) => metrics.filter(name => !there.has(name)));
    expect(missing).toEqual([]);
  });
}
