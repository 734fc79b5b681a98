/**
 * The commands of kubectl and Helm that README.md and docs/ tell people to type, run on a cluster block by block. What
 * would change something is asked of the API server, and of Helm, without being done.
 */
import { beforeAll, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeManifest } from "../../chart/manifest";
import { isHeldByUs } from "../../capabilities/tekton/objects";
import { commandsOfSentences, words } from "../../scripts/commands";
import { blocks, CHECKOUT, pages } from "../../scripts/pages";
import { ensureTool } from "../../testbed/binaries";
import { applyDefinitions, applyObjects } from "../../testbed/manifests";
import { RELEASE } from "../../testbed/operator-names";
import { until } from "../../testbed/until";
import { nap, run, RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

/** The plain manifest has objects of its kinds. */
const CERT_MANAGER = join(__dirname, "cert-manager-crds.yaml");
const TEKTON_OPERATOR = join(__dirname, "tekton-operator-crds.yaml");
const TEKTON_CONFIG = {
  apiVersion: "operator.tekton.dev/v1alpha1",
  kind: "TektonConfig",
  metadata: { name: "config" },
  spec: { pipeline: { coschedule: "workspaces" } },
};
const execute = promisify(execFile);
const BLOCK_MILLISECONDS = 120_000;
const NAMESPACE = "documented";
/** What stands in the pages for names that people put in. */
const NAMES = { NAME: "held", NAMESPACE, NODE: "local", RELEASE };

/** One that is only named, as `kubectl annotate` is, has no arguments. */
const ARGUMENTS = 2;
/** Some are in namespaces of their own, which are not there when nothing is made. */
const EXAMPLES = "kubectl apply -f examples/";

const found = pages().flatMap(({ file, text }) => {
  const whole = commandsOfSentences(text).filter(
    command => command !== EXAMPLES && words(command).length >= 2 + ARGUMENTS,
  );
  return [...blocks(text, "sh"), ...whole].map(block => ({
    file,
    block,
    first: block.trim().split("\n")[0],
  }));
});
/** Once, where several pages have the same. */
const asked = [...new Map(found.map(one => [one.block.trim(), one])).values()].filter(({ block }) =>
  /^\s*(kubectl|helm) /m.test(block),
);

/** In place of kubectl: what a page has deleted need not be there, and there are no containers that have logs. */
const kubectl = (program: string) => `#!/bin/sh
verb=$1; shift
case $verb in
  delete) exec ${program} delete --dry-run=server --ignore-not-found "$@" ;;
  apply|label|annotate|patch|taint) exec ${program} $verb --dry-run=server "$@" ;;
  logs) exec ${program} get pods $(printf '%s ' "$@" | sed 's/--tail [0-9]*//; s#job/.*#--ignore-not-found#') ;;
  *) exec ${program} $verb "$@" ;;
esac
`;

/** In place of Helm; `helm test` has a test of its own, and there may be no revision before this one. */
const helm = (program: string) => `#!/bin/sh
verb=$1; shift
case $verb in
  install|upgrade) exec ${program} $verb --dry-run=server "$@" ;;
  test) exec ${program} status "$@" ;;
  rollback) exec ${program} rollback --dry-run "$@" 1 ;;
  *) exec ${program} $verb --dry-run "$@" ;;
esac
`;

/** As a person would have typed the block. */
const typed = (block: string): string =>
  Object.entries(NAMES).reduce(
    (text, [word, name]) => text.replace(new RegExp(`\\b${word}\\b`, "g"), name),
    block,
  );

async function directoryOf(programs: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "documented-"));
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(directory, name), text);
    await chmod(join(directory, name), 0o755);
  }
  return directory;
}

export function documented(operated: () => OperatedCluster): void {
  let directory: string;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    await writeManifest();
    await applyDefinitions(operated().cluster.kubeconfigFile, CERT_MANAGER);
    await applyDefinitions(operated().cluster.kubeconfigFile, TEKTON_OPERATOR);
    await applyObjects(operated().cluster.kubeconfigFile, [TEKTON_CONFIG]);
    const { stdout } = await execute("sh", ["-c", "command -v kubectl"]);
    const nothing = "#!/bin/sh\n";
    directory = await directoryOf({
      ...{ kubectl: kubectl(stdout.trim()), helm: helm(await ensureTool("helm")) },
      ...{ npm: nothing, npx: nothing },
    });
    operated().cluster.atStop(() => rm(directory, { recursive: true }));
    const KUBECONFIG = join(directory, "kubeconfig");
    await copyFile(operated().cluster.kubeconfigFile, KUBECONFIG);
    await execute(stdout.trim(), ["config", "set-context", "--current", `--namespace=${NAMESPACE}`], {
      env: { ...process.env, KUBECONFIG },
    });
    environment = { ...process.env, KUBECONFIG, PATH: `${directory}:${process.env["PATH"]}` };
    await operated().createNamespace(NAMESPACE);
    const nowhere = { taskRunTemplate: { podTemplate: { nodeSelector: { nowhere: "true" } } } };
    await operated().createRun(NAMESPACE, run(NAMES.NAME, [nap("only")], {}, nowhere));
    await until("the run to be held", RUN_MILLISECONDS, async () =>
      isHeldByUs(await operated().readRun(NAMESPACE, NAMES.NAME)),
    );
  }, 2 * RUN_MILLISECONDS);

  test.each(asked)(
    "$file: $first",
    async ({ block }) => {
      const options = { cwd: CHECKOUT, env: environment, timeout: BLOCK_MILLISECONDS };
      await expect(execute("sh", ["-euc", typed(block)], options)).resolves.toBeDefined();
    },
    RUN_MILLISECONDS,
  );
}
