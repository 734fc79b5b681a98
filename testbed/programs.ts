/** What the embedded cluster is made of, and where built programs are kept. Pure but for reading go.mod. */
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";

/** Programs of the embedded cluster, in the order in which they are built (the quick ones first). */
export const PROGRAMS = [
  "etcd",
  "kwok",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
] as const;

export type Program = (typeof PROGRAMS)[number];

/**
 * Programs that not every cluster needs: they install charts, make this machine a node, add and remove nodes, queue jobs and
 * runs, and check rules for Prometheus.
 */
export type ExtraTool = "helm" | "kubelet" | "karpenter" | "kueue" | "tekton-kueue" | "checkrules";

/** What can be built. */
export type Tool = Program | ExtraTool;

/** Where a program's source comes from: a Go module of this repository that requires it. */
export interface ProgramSource {
  /** Directory below testbed/binaries that holds go.mod and go.sum. */
  module: string;
  /** Go import path of the main package. */
  package: string;
  /** In the module's directory, where the package is one of our own. */
  file?: string;
}

const KUBERNETES_COMMANDS = "k8s.io/kubernetes/cmd";

export const PROGRAM_SOURCES: Readonly<Record<Tool, ProgramSource>> = {
  etcd: { module: "etcd", package: "go.etcd.io/etcd/server/v3" },
  kwok: { module: "kwok", package: "sigs.k8s.io/kwok/cmd/kwok" },
  "kube-apiserver": { module: "kubernetes", package: `${KUBERNETES_COMMANDS}/kube-apiserver` },
  "kube-controller-manager": {
    module: "kubernetes",
    package: `${KUBERNETES_COMMANDS}/kube-controller-manager`,
  },
  "kube-scheduler": { module: "kubernetes", package: `${KUBERNETES_COMMANDS}/kube-scheduler` },
  kubelet: { module: "kubernetes", package: `${KUBERNETES_COMMANDS}/kubelet` },
  helm: { module: "helm", package: "helm.sh/helm/v3/cmd/helm" },
  karpenter: { module: "karpenter", package: "sigs.k8s.io/karpenter/kwok" },
  kueue: { module: "kueue", package: "sigs.k8s.io/kueue/cmd/kueue" },
  "tekton-kueue": { module: "kueue", package: "./tekton-kueue", file: "tekton-kueue/main.go" },
  checkrules: { module: "prometheus", package: ".", file: "main.go" },
};

/** Helm takes Kubernetes to be 1.20 where it asks no cluster, unless it is told its client's version. */
function helmFlags(goMod: string): string | undefined {
  const [, helm] = /^\s*helm\.sh\/helm\/v3 (v\S+)/m.exec(goMod) ?? [];
  const [, minor] = /^\s*k8s\.io\/client-go v0\.(\d+)\./m.exec(goMod) ?? [];
  if (helm === undefined || minor === undefined) return undefined;
  const versions = ["pkg/lint/rules", "pkg/chartutil"].flatMap(path => [
    `-X helm.sh/helm/v3/${path}.k8sVersionMajor=1`,
    `-X helm.sh/helm/v3/${path}.k8sVersionMinor=${minor}`,
  ]);
  return ["-s -w", `-X helm.sh/helm/v3/internal/version.version=${helm}`, ...versions].join(" ");
}

/**
 * Linker flags for the programs of a module: stripped, and for Kubernetes its version, without which the
 * API server calls itself v0.0.0 and clients refuse it.
 *
 * @param goMod text of the module's go.mod
 */
export function linkerFlags(goMod: string): string {
  const forHelm = helmFlags(goMod);
  if (forHelm !== undefined) return forHelm;
  const version = /^\s*k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/m.exec(goMod);
  if (!version) return "-s -w";
  const [, full, major, minor] = version;
  const variable = "-X k8s.io/component-base/version";
  return `-s -w ${variable}.gitVersion=${full} ${variable}.gitMajor=${major} ${variable}.gitMinor=${minor}`;
}

/** Everything that decides what a build of one module yields. */
export interface BuildInputs {
  goMod: string;
  goSum: string;
  /** Text of the package, where it is one of our own; else empty. */
  source: string;
  linkerFlags: string;
  /** GOOS of the machine, e.g. `linux`. */
  operatingSystem: string;
  /** GOARCH of the machine, e.g. `amd64`. */
  architecture: string;
  /** As `go version` names it, e.g. `go1.26.8`. */
  goVersion: string;
}

/** 16 hex digits that change with any input of the build. */
export function cacheKey(inputs: BuildInputs): string {
  const fields = [
    inputs.goMod,
    inputs.goSum,
    // So that what was built before keeps its key.
    ...(inputs.source === "" ? [] : [inputs.source]),
    inputs.linkerFlags,
    inputs.operatingSystem,
    inputs.architecture,
    inputs.goVersion,
  ];
  return createHash("sha256").update(JSON.stringify(fields)).digest("hex").slice(0, 16);
}

/** Directory that holds what is built, outside the checkout (XDG Base Directory Specification). */
export function cacheRoot(environment: NodeJS.ProcessEnv): string {
  const base = environment.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(base, "pipelinerun-pod-affinity", "testbed");
}

/** Release of Go that the modules under testbed/binaries ask for. */
export const OLDEST_GO = { major: 1, minor: 26 };

/**
 * The toolchain's version out of the output of `go version`.
 *
 * @throws Error that says what to install when it is too old or not recognised
 */
export function checkedGoVersion(output: string): string {
  const match = /\bgo(\d+)\.(\d+)\S*/.exec(output);
  const wanted = `Go ${OLDEST_GO.major}.${OLDEST_GO.minor} or newer`;
  if (!match) {
    throw new Error(`\`go version\` said "${output.trim()}"; ${wanted} is needed: https://go.dev/dl/`);
  }
  const [name, major, minor] = [match[0], Number(match[1]), Number(match[2])];
  if (major < OLDEST_GO.major || (major === OLDEST_GO.major && minor < OLDEST_GO.minor)) {
    throw new Error(
      `The embedded cluster is built from source with ${wanted}, and this is ${name}. ` +
        "Install a newer one from https://go.dev/dl/, or allow Go to fetch it (GOTOOLCHAIN=auto).",
    );
  }
  return name;
}
