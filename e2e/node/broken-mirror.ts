/** A cluster that has all images of placeholders pulled from a mirror which is not there, as a policy does. */
import type { KubernetesObject } from "@kubernetes/client-node";
import type { Cluster } from "../../testbed/cluster";
import { applyObjects } from "../../testbed/manifests";
import { createNamespace } from "../../testbed/namespaces";
import { until } from "../../testbed/until";
import { COMPONENT_LABEL, PLACEHOLDER_COMPONENT } from "../../capabilities/keys";

/** Labels of the namespaces that it is about. */
export const BROKEN_MIRROR = { mirror: "broken" };

const apiVersion = "admissionregistration.k8s.io/v1";
const metadata = { name: "broken-mirror" };
const FORCE_MILLISECONDS = 60_000;
/** Nobody listens there. */
const image = "127.0.0.1:1/pause:3.10.1";

function policyObjects(): KubernetesObject[] {
  const expression =
    `object.kind == 'Pod' && object.metadata.?labels['${COMPONENT_LABEL}'].orValue('') == '${PLACEHOLDER_COMPONENT}' ? ` +
    `[JSONPatch{op: "replace", path: "/spec/containers/0/image", value: "${image}"}] : []`;
  const policy = {
    apiVersion,
    kind: "MutatingAdmissionPolicy",
    metadata,
    spec: {
      reinvocationPolicy: "Never",
      matchConstraints: {
        namespaceSelector: { matchLabels: BROKEN_MIRROR },
        resourceRules: [
          { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] },
        ],
      },
      mutations: [{ patchType: "JSONPatch", jsonPatch: { expression } }],
    },
  };
  const binding = {
    apiVersion,
    kind: "MutatingAdmissionPolicyBinding",
    metadata,
    spec: { policyName: metadata.name },
  };
  return [policy, binding];
}

/** Returns when the policy is in force, which takes the API server a moment. */
export async function breakMirror(cluster: Cluster): Promise<void> {
  const { core } = cluster.clients;
  const namespace = "mirror-probe";
  await applyObjects(cluster.kubeconfigFile, policyObjects());
  await createNamespace(cluster.clients, namespace, { labels: BROKEN_MIRROR });
  const labels = { [COMPONENT_LABEL]: PLACEHOLDER_COMPONENT };
  const body = { metadata: { name: "probe", labels }, spec: { containers: [{ name: "c", image: "pause" }] } };
  await until("images to be those of the mirror", FORCE_MILLISECONDS, async () => {
    const { spec } = await core.createNamespacedPod({ namespace, body, dryRun: "All" });
    return spec!.containers[0]!.image === image;
  });
}
