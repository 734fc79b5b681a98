/** A run whose data is on the disk of a real node: a kubelet mounts it, for the placeholder as well. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { applyObjects } from "../../testbed/manifests";
import { ON_REAL_NODE, REAL_NODE } from "../../testbed/real-node/node";
import { Fit } from "../fit/fixture";
import { run } from "../operated-cluster";
import { longTest, TEST_MILLISECONDS, type Stage } from "./on-real-node";

const namespace = "disk";
const name = "disk";
const size = { storage: "1Mi" };
const accessModes = ["ReadWriteOnce"];

/** As the page of Kubernetes on local volumes has them. */
const volumeObjects = (path: string): KubernetesObject[] => [
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name },
    ...{ provisioner: "kubernetes.io/no-provisioner", volumeBindingMode: "WaitForFirstConsumer" },
  } as object,
  {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: {
      ...{ capacity: size, accessModes, storageClassName: name },
      local: { path },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [REAL_NODE] }],
            },
          ],
        },
      },
    },
  } as object,
];

const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: { accessModes, storageClassName: name, resources: { requests: size } },
};

const shell = (command: string, more: object = {}) => ({
  name: "step",
  image: "busybox",
  command: ["sh"],
  args: ["-c", command],
  computeResources: { requests: { cpu: "100m" } },
  ...more,
});

/** A task that runs a command of the shell with the disk at /workspace/disk. */
const onDisk = (task: string, command: string, runAfter: string[] = []) => ({
  name: task,
  runAfter,
  workspaces: [{ name }],
  taskSpec: { workspaces: [{ name }], steps: [shell(command)] },
});

/** The same with a directory of its node there. */
export const onHost = (path: string, task: string, command: string, runAfter: string[] = []) => ({
  name: task,
  runAfter,
  taskSpec: {
    volumes: [{ name, hostPath: { path, type: "DirectoryOrCreate" } }],
    steps: [shell(command, { volumeMounts: [{ name, mountPath: "/workspace/disk" }] })],
  },
});

const WRITE = "echo kept > /workspace/disk/file";
const READ = "grep kept /workspace/disk/file";

export function volumeTests(stage: () => Stage): void {
  longTest(
    "a run with a local volume goes where that is, and its pods find each other's files there",
    async () => {
      const { operated } = stage();
      const path = join(operated.cluster.directory, "disk");
      await mkdir(path);
      await operated.createNamespace(namespace);
      await applyObjects(operated.cluster.kubeconfigFile, volumeObjects(path));
      const tasks = [onDisk("write", WRITE), onDisk("read", READ, ["write"])];
      const pipelineSpec = { workspaces: [{ name }], tasks };
      // Nothing but the volume tells the two nodes apart.
      const taskRunTemplate = { podTemplate: { tolerations: ON_REAL_NODE.tolerations } };
      const workspaces = [{ name, persistentVolumeClaim: { claimName: name } }];
      await operated.apply(namespace, [
        claim,
        run("build", [], {}, { pipelineSpec, taskRunTemplate, workspaces }),
      ]);
      const fit = new Fit(operated);
      expect(await fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(fit.nodes(namespace)).toEqual([REAL_NODE]);
      const placeholder = operated.history.first("pod", namespace, pod => {
        return isPlaceholderPod(pod) && pod.status?.phase === "Running";
      })?.object;
      expect(placeholder?.spec?.volumes?.map(volume => volume.persistentVolumeClaim?.claimName)).toEqual([
        name,
      ]);
      expect(await operated.warnings(namespace)).toEqual([]);
    },
    TEST_MILLISECONDS,
  );

  longTest(
    "a run whose tasks share a directory of their node finds it, though but one of them asks for that node",
    async () => {
      const { operated } = stage();
      const namespace = "host-path";
      const path = join(operated.cluster.directory, namespace);
      await operated.createNamespace(namespace);
      const tasks = [onHost(path, "write", WRITE), onHost(path, "read", READ, ["write"])];
      const { nodeSelector, tolerations } = ON_REAL_NODE;
      const spec = {
        taskRunTemplate: { podTemplate: { tolerations } },
        taskRunSpecs: [{ pipelineTaskName: "write", podTemplate: { nodeSelector, tolerations } }],
      };
      await operated.apply(namespace, [run("build", tasks, {}, spec)]);
      const fit = new Fit(operated);
      expect(await fit.ended(namespace)).toEqual(["Succeeded"]);
      expect(fit.nodes(namespace)).toEqual([REAL_NODE]);
      const reader = operated.history.first("pod", namespace, ({ metadata }) => {
        return metadata!.labels?.["tekton.dev/pipelineTask"] === "read";
      })?.object;
      expect(reader!.spec!.nodeSelector).toBeUndefined();
    },
    TEST_MILLISECONDS,
  );
}
