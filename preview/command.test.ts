/** `npm run preview` as a person uses it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { runText } from "./testing";

const MOST_MILLISECONDS = 60_000;
const MAIN = join(__dirname, "..", "cli", "main.ts");
const directory = mkdtempSync(join(tmpdir(), "preview-"));
afterAll(() => rmSync(directory, { recursive: true }));

function preview(...args: string[]) {
  return spawnSync(process.execPath, ["--import", "tsx", MAIN, "preview", ...args], {
    encoding: "utf8",
    // KUBECONFIG is not looked at.
    env: { ...process.env, INIT_CWD: directory, KUBECONFIG: "/nowhere" },
    timeout: MOST_MILLISECONDS,
  });
}

function fileOf(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return name;
}

test(
  "nothing but JSON on standard output, from a path that starts where the person stands",
  () => {
    const { status, stdout, stderr } = preview("-f", fileOf("run.yaml", runText()), "-o", "json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const made = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(made)).toEqual(
      expect.arrayContaining(["peak", "firstWave", "peakTasks", "placeholder", "pod"]),
    );
  },
  MOST_MILLISECONDS,
);

test.each([
  ["no such file", ["-f", "nowhere.yaml"], 1, /^No preview of nowhere.yaml: ENOENT/],
  ["no YAML", ["-f", fileOf("bad.yaml", "a: [")], 1, /^No preview of bad.yaml: it is not YAML/],
  ["no run", ["-f", fileOf("none.yaml", "")], 1, /^No preview of none.yaml: it holds no PipelineRun/],
  ["a wrong flag", ["-f", "run.yaml", "--fast"], 2, /^error: unknown option '--fast'[^]*-f, --file <file>/],
])(
  "%s",
  (_, args, code, message) => {
    const { status, stdout, stderr } = preview(...args);
    expect({ status, stdout }).toEqual({ status: code, stdout: "" });
    expect(stderr).toMatch(message);
  },
  MOST_MILLISECONDS,
);

test(
  "a run that would be refused is shown, and its exit code is 1",
  () => {
    const annotations = { "pod-affinity.tekton.dev/isolation": "never" };
    const { status, stdout } = preview("-f", fileOf("refused.yaml", runText({ metadata: { annotations } })));
    expect(status).toBe(1);
    expect(stdout).toMatch(/would be refused: .*isolation has the value "never"/);
  },
  MOST_MILLISECONDS,
);
