/**
 * Breaks the operator on purpose, one way at a time, in a copy, and requires that a test notices.
 *
 * Prints, for each break, the tests that failed. Exits 1 when one went unnoticed.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Mutant {
  name: string;
  file: string;
  /** Stands exactly once in the file. */
  find: string;
  replace: string;
}

const MUTANTS: Mutant[] = [
  {
    name: "no affinity term",
    file: "capabilities/admission/co-location.ts",
    find: "if (placeholder === undefined || isPlaceholderPod(pod)) return undefined;",
    replace: "if (placeholder !== undefined || isPlaceholderPod(pod)) return undefined;",
  },
  {
    name: "the term appended twice",
    file: "capabilities/admission/co-location.ts",
    find: "if (requiredPodTerms(affinity).some(term => isTermFor(term, placeholder))) return undefined;",
    replace:
      "if (requiredPodTerms(affinity).some(term => isTermFor(term, placeholder + placeholder))) return undefined;",
  },
  {
    name: "release before the placeholder is bound",
    file: "capabilities/room/hand-over.ts",
    find: "if (node === undefined) return withoutNode(observed, pod, statefulSet);",
    replace: "if (node === undefined) return undefined;",
  },
  {
    name: "no clean-up",
    file: "capabilities/controller/next-step.ts",
    find: 'return { kind: "delete-placeholder", why };',
    replace: 'return { kind: "none", why };',
  },
  {
    name: "clean-up while pods are active",
    file: "capabilities/controller/next-step.ts",
    find: "if (active > 0) {",
    replace: "if (active < 0) {",
  },
  {
    name: "anti-affinity off",
    file: "capabilities/placement/placeholder-affinity.ts",
    find: 'choices.isolation === "required" ? [...required, isolation] : required,',
    replace: "required,",
  },
  {
    name: "no affinity of the placeholder to its run's pods",
    file: "capabilities/placement/placeholder-affinity.ts",
    find: "return { topologyKey, labelSelector: { matchLabels: { [PLACEHOLDER_LABEL]: name } } };",
    replace:
      'return { topologyKey, labelSelector: { matchLabels: { "app.kubernetes.io/instance": name } } };',
  },
  {
    name: 'the value "false" opts in',
    file: "capabilities/admission/admit.ts",
    find: "return optInOf(run) === OPTED_IN;",
    replace: "return optInOf(run) !== undefined;",
  },
  {
    name: "a hold lifted that was not ours",
    file: "capabilities/tekton/objects.ts",
    find: "return isPending(run) && run.metadata?.labels?.[HELD_LABEL] === HELD;",
    replace: "return isPending(run);",
  },
  {
    name: "a StatefulSet taken for ours that is not",
    file: "capabilities/controller/observed.ts",
    find: 'if (!hasOurLabels) return "foreign";',
    replace: "",
  },
  {
    name: "no room is kept for what is to come",
    file: "capabilities/room/reservation.ts",
    find: "difference(neededBy(reservation, progress), progress.held)",
    replace: "difference({}, progress.held)",
  },
  {
    name: "the first tasks get no room before release",
    file: "capabilities/room/hand-over.ts",
    find: "if (exceeds(resizable(asked), size).length > 0)",
    replace: "if (exceeds(resizable(asked), size).length < 0)",
  },
  {
    name: "a growth that was refused is asked for again at once",
    file: "capabilities/room/hand-over.ts",
    find: "Math.max(0, refused + pauseSeconds * 1000 - now.getTime())",
    replace: "Math.min(0, refused + pauseSeconds * 1000 - now.getTime())",
  },
  {
    name: "a shrink waits for a growth of something else",
    file: "capabilities/room/hand-over.ts",
    find: "const down = minimum(size, asked);",
    replace: "const down = exceeds(size, asked).length > 0 ? asked : size;",
  },
  {
    name: "a pod is made again for what a LimitRange put into it",
    file: "capabilities/room/replacement.ts",
    find: "name => isResizable(name) || amountOf(reservation.ask, name) > 0",
    replace: "name => name !== undefined",
  },
  {
    name: "the floor is not given up",
    file: "capabilities/room/yielding.ts",
    find: "if (patient.some(pod => isWaitingFor(pod, name))) return 0;",
    replace: "",
  },
  {
    name: "a run is moved while its pods are on the node",
    file: "capabilities/room/relocation.ts",
    find: "pods.some(hasNode) ||",
    replace: "",
  },
  {
    name: "a refused resize is taken for a change meanwhile",
    file: "capabilities/kube/errors.ts",
    find: "if (status === 403 || status === 405) return true;",
    replace: "",
  },
  {
    name: "a claim for one pod only is taken by the placeholder",
    file: "capabilities/placement/volumes.ts",
    find: "if (claim.spec?.accessModes?.includes(READ_WRITE_ONCE_POD)) {",
    replace: "if (claim.spec?.accessModes?.includes(READ_WRITE_ONCE_POD + READ_WRITE_ONCE_POD)) {",
  },
  {
    name: "no word of classes that bind at once",
    file: "capabilities/placement/volumes.ts",
    find: '(storageClass.volumeBindingMode ?? "Immediate") === "Immediate"',
    replace: '(storageClass.volumeBindingMode ?? "Later") === "Immediate"',
  },
  {
    name: "taints do not count",
    file: "capabilities/placement/never-fits.ts",
    find: "isSelected(node, pod.spec!) && isTolerated(node, pod.spec!)",
    replace: "isSelected(node, pod.spec!)",
  },
  {
    name: "on-timeout applies at once, whatever the setting says",
    file: "capabilities/controller/next-step.ts",
    find: 'if (settings.ON_NEVER_FITS === "wait") return told;',
    replace: "",
  },
];

const NEEDED = ["capabilities", "testbed", "jest.config.js", "package.json", "tsconfig.json"];
const TIMEOUT_MILLISECONDS = 120_000;

function makeCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), "mutants-"));
  for (const path of NEEDED) cpSync(path, join(copy, path), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(copy, "node_modules"));
  return copy;
}

interface JestReport {
  numTotalTests: number;
  testResults: { assertionResults: { status: string; fullName: string }[] }[];
}

/** Names of the tests that fail in the copy. */
function failingTests(copy: string): string[] {
  const report = join(copy, "report.json");
  const jest = join(process.cwd(), "node_modules", ".bin", "jest");
  const args = ["capabilities", "--silent", "--json", `--outputFile=${report}`];
  const run = spawnSync(jest, args, { cwd: copy, encoding: "utf8", timeout: TIMEOUT_MILLISECONDS });
  if (run.error !== undefined) throw run.error;
  const { numTotalTests, testResults } = JSON.parse(readFileSync(report, "utf8")) as JestReport;
  if (numTotalTests === 0) throw new Error(`no test ran:\n${run.stderr}`);
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
  );
}

/** The tests that notice the break. */
function tryMutant({ name, file, find, replace }: Mutant, copy: string): string[] {
  const path = join(copy, file);
  const original = readFileSync(path, "utf8");
  if (original.split(find).length !== 2) {
    throw new Error(`mutant "${name}": the text to break does not stand exactly once in ${file}:\n${find}`);
  }
  writeFileSync(
    path,
    original.replace(find, () => replace),
  );
  try {
    return failingTests(copy);
  } finally {
    writeFileSync(path, original);
  }
}

const copy = makeCopy();
try {
  const before = failingTests(copy);
  if (before.length > 0) throw new Error(`tests fail without a mutant: ${before.join("; ")}`);
  const survivors = MUTANTS.filter(mutant => {
    const noticed = tryMutant(mutant, copy);
    console.log(`${noticed.length > 0 ? "caught  " : "SURVIVED"}  ${mutant.name}`);
    for (const test of noticed.slice(0, 3)) console.log(`            by: ${test}`);
    if (noticed.length > 3) console.log(`            and ${noticed.length - 3} more`);
    return noticed.length === 0;
  });
  console.log(`${MUTANTS.length - survivors.length} of ${MUTANTS.length} breaks were caught`);
  process.exitCode = survivors.length > 0 ? 1 : 0;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
