/** Tests that need a real node. Where this machine cannot be one they are skipped, and it is said why. */
import { describe, test } from "@jest/globals";
import type { V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { ON_REAL_NODE, whyNoRealNode, type RealNode } from "../../testbed/real-node/node";
import type { OperatedCluster } from "../operated-cluster";

const problem = whyNoRealNode();
if (problem !== undefined) process.stderr.write(`Skipped, as ${problem}\n`);

export const describeOnRealNode = problem === undefined ? describe : describe.skip;

/** `npm run e2e:node` has all of them, `npm test` those that take two minutes together. */
const isLong = process.env.E2E_LONG === "1";
export const longTest = isLong ? test : test.skip;
export const describeLong = isLong ? describeOnRealNode : describe.skip;

/** Longer than in any run so far on a busy machine. */
export const WAIT_MILLISECONDS = 60_000;
export const TEST_MILLISECONDS = 120_000;

/** What all groups of tests share; each leaves the nodes as they were. */
export interface Stage {
  operated: OperatedCluster;
  node: RealNode;
}

/** The only other node that pods of runs may go to. */
export const FAKE_NODE = "node-1";

/** A pod of one container that `restricted` admits, as the placeholder's is. */
export function restrictedPod(name: string, cpu: string, spec: Partial<V1PodSpec> = {}): V1Pod {
  return {
    metadata: { name },
    spec: {
      ...ON_REAL_NODE,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "c",
          image: "registry.k8s.io/pause:3.10.1",
          resources: { requests: { cpu, memory: "16Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
      ...spec,
    },
  };
}
