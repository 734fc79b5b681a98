import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { operatorPage, type Shown } from "./operator-page";

const NOTHING = "0".repeat(16);
const kernel = {
  ...{ Uid: "1\t1", Gid: "1\t1", Groups: "1", CapEff: NOTHING, CapBnd: NOTHING },
  ...{ NoNewPrivs: "1", Seccomp: "2" },
};

function shown(component: string, suffix: string, securityContext = {}): Shown {
  const token = `kube-api-access-${suffix}`;
  const pod: V1Pod = {
    spec: {
      nodeName: suffix,
      securityContext,
      containers: [{ name: component, volumeMounts: [{ name: token, mountPath: "/token" }] }],
      volumes: [{ name: token, projected: {} }],
    },
    status: {
      phase: "Running",
      containerStatuses: [
        {
          ...{ name: component, image: "i", imageID: suffix, ready: true, restartCount: 0 },
          state: { running: { startedAt: new Date() } },
        },
      ],
    },
  };
  return { component, pod, kernel, commands: [{ line: "kubectl exec", said: "no\n" }] };
}

const sections = (page: string) => page.split("\n").filter(line => line.startsWith("## The pods of"));

test("pods that differ in names and times alone are shown once", () => {
  const page = operatorPage([shown("admission", "aaaaa"), shown("controller", "bbbbb")]);
  expect(sections(page)).toEqual(["## The pods of admission and controller"]);
  expect(page).not.toMatch(/aaaaa|bbbbb|startedAt/);
  expect(page).toContain("    - name: COMPONENT\n");
});

test("a pod that may do something else is shown apart", () => {
  const page = operatorPage([shown("admission", "aaaaa"), shown("controller", "bbbbb", { runAsUser: 0 })]);
  expect(sections(page)).toEqual(["## The pods of admission", "## The pods of controller"]);
  expect(page).toContain("runAsUser: 0");
});
