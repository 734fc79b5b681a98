/**
 * The first pod of a placeholder, as its StatefulSet's controller would make it.
 *
 * That controller may ask for 20 things a second in all (--kube-api-qps of kube-controller-manager), of which a
 * placeholder takes six: of 50 runs that come at once the last would wait for 14 s. A pod of the right name, owner and
 * labels is its own to it, whoever made it.
 */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";

/** Follows GetPodFromTemplate, initIdentity and identityMatches of k8s.io/kubernetes/pkg/controller/statefulset. */
export function firstPodOf({ metadata, spec }: V1StatefulSet): V1Pod {
  const name = `${metadata!.name}-0`;
  const { template, serviceName } = spec!;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: metadata!.namespace!,
      labels: {
        ...template.metadata?.labels,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": "0",
      },
      annotations: { ...template.metadata?.annotations },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "StatefulSet",
          name: metadata!.name!,
          uid: metadata!.uid!,
          controller: true,
          // True takes the right to change the StatefulSet's finalizers, where the API server checks that.
          blockOwnerDeletion: false,
        },
      ],
    },
    spec: { ...template.spec!, hostname: name, ...(serviceName && { subdomain: serviceName }) },
  };
}
