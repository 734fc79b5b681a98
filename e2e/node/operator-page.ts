/** docs/operator-pods.md: the chart's pods, as a kubelet runs them. Nothing in it differs from one time to the next. Pure. */
import type { V1Container, V1ContainerStatus, V1Pod, V1Volume } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { APP_NAME, COMPONENT_LABEL } from "../../capabilities/keys";
import { markdownTable } from "../../scripts/markdown";

/** A command that was run in a container, as people can run it, and all that it said. */
export interface Command {
  line: string;
  said: string;
}

export interface Shown {
  /** The container's name, which is the component's. */
  component: string;
  pod: V1Pod;
  /** Of its process, see containers.ts. */
  kernel: Record<string, string>;
  commands: Command[];
}

const HEAD = `# The operator's pods, as a kubelet runs them

<!-- npm run e2e:node fails where this page says something else, and writes .testbed/operator-pods.md, to be copied here -->

For those who review the chart: its pods as containers of containerd and runc, in a namespace that enforces the Pod
Security Standard \`restricted\`. Left out are when and where they run, probes and environment; all that says what they may
do is there, with COMPONENT in place of the name. [Who could do harm, and what stands in the way](threat-model.md).
`;

const KERNEL = ["Uid", "Gid", "Groups", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp"];

/** Where it goes and when, and what it is told: everything else is shown, what is new of Kubernetes as well. */
const LEFT_OUT_OF_SPEC = [
  ...["nodeName", "nodeSelector", "tolerations", "topologySpreadConstraints", "schedulerName", "dnsPolicy"],
  ...["priority", "priorityClassName", "preemptionPolicy", "terminationGracePeriodSeconds", "restartPolicy"],
  // The old name of serviceAccountName.
  "serviceAccount",
];
const LEFT_OUT_OF_CONTAINER = [
  ...["args", "env", "ports", "startupProbe", "readinessProbe", "livenessProbe", "imagePullPolicy"],
  ...["terminationMessagePath", "terminationMessagePolicy"],
];

const without = (object: object, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

/** The API server ends the name of the token's volume by chance. */
const named = (name: string): string => name.replace(/^(kube-api-access)-.*/, "$1-…");

const volume = (one: V1Volume): object => ({ ...one, name: named(one.name) });

const container = (one: V1Container): object => ({
  ...without(one, LEFT_OUT_OF_CONTAINER),
  volumeMounts: one.volumeMounts?.map(mount => ({ ...mount, name: named(mount.name) })),
});

/** Without when. */
const containerStatus = ({ name, ready, restartCount, state }: V1ContainerStatus): object => ({
  ...{ name, ready, restartCount },
  state: Object.fromEntries(Object.keys(state ?? {}).map(key => [key, {}])),
});

const block = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

/** With COMPONENT in place of its name. */
function excerpt({ component, pod: { spec, status } }: Shown): string {
  const said = {
    spec: {
      ...without(spec!, LEFT_OUT_OF_SPEC),
      containers: spec!.containers.map(container),
      volumes: spec!.volumes?.map(volume),
    },
    status: {
      ...{ phase: status!.phase, qosClass: status!.qosClass },
      containerStatuses: status!.containerStatuses?.map(containerStatus),
    },
  };
  const text = `# kubectl get pods -l ${COMPONENT_LABEL}=${component} -o yaml, in part\n${stringify(said, { lineWidth: 0 })}`;
  const names = new RegExp(`(?<=name: |=|${APP_NAME}-)${component}\\b`, "g");
  return text.trim().replaceAll(names, "COMPONENT");
}

/** One for all whose excerpts differ in nothing but their names. */
function excerpts(shown: readonly Shown[]): string[] {
  const components = new Map<string, string[]>();
  for (const one of shown) {
    const text = excerpt(one);
    components.set(text, [...(components.get(text) ?? []), one.component]);
  }
  return [...components].flatMap(([text, names]) => [
    `## The pods of ${names.join(" and ")}`,
    block("yaml", text),
  ]);
}

export function operatorPage(shown: readonly Shown[]): string {
  const rows = KERNEL.map(field => [
    field,
    ...shown.map(({ kernel }) => kernel[field]!.replaceAll("\t", " ")),
  ]);
  const commands = shown.flatMap(one => one.commands).map(({ line, said }) => `$ ${line}\n${said.trim()}`);
  const parts = [
    HEAD.trimEnd(),
    ...excerpts(shown),
    "## What the kernel says",
    "The process of each container, in `/proc/1/status`: a user of its own, no capability, and a filter of system calls.",
    markdownTable(["", ...shown.map(({ component }) => component)], rows),
    "## A write is refused",
    block("console", commands.join("\n")),
  ];
  return `${parts.join("\n\n")}\n`;
}
