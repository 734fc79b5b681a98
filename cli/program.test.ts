import { expect, test } from "@jest/globals";
import { CommanderError } from "commander";
import { makeProgram, type Commands } from "./program";

async function parsed(...args: string[]): Promise<unknown[]> {
  const calls: unknown[] = [];
  const note =
    (name: string) =>
    async (...given: unknown[]) => {
      calls.push([name, ...given]);
    };
  const commands = {
    why: note("why"),
    ls: note("ls"),
    map: note("map"),
    preview: note("preview"),
  } as Commands;
  const program = makeProgram(commands, "1.2.3");
  for (const one of [program, ...program.commands])
    one.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  await program.parseAsync(args, { from: "user" });
  return calls[0] as unknown[];
}

test.each([
  [
    ["why", "ci/build"],
    ["why", "ci/build", { output: "text" }],
  ],
  [
    ["why", "build", "-n", "ci", "-o", "json"],
    ["why", "build", { namespace: "ci", output: "json" }],
  ],
  [["ls"], ["ls", { allNamespaces: false, ended: false, output: "text" }]],
  [
    ["ls", "-A", "--ended", "--context", "c", "--kubeconfig=k"],
    ["ls", { allNamespaces: true, ended: true, context: "c", kubeconfig: "k", output: "text" }],
  ],
  [
    ["map", "-w", "--svg", "a.svg"],
    ["map", { watch: true, svg: "a.svg", output: "text" }],
  ],
  [
    ["preview", "-f", "run.yaml"],
    ["preview", { file: "run.yaml", output: "text" }],
  ],
  [
    ["preview", "--file=/a.yaml", "--run", "b", "--kubeconfig", "k", "-o", "json"],
    ["preview", { file: "/a.yaml", run: "b", kubeconfig: "k", output: "json" }],
  ],
])("%j", async (args, call) => {
  // Commander hands itself over as well.
  expect((await parsed(...args)).slice(0, call.length)).toEqual(call);
});

test.each([
  [["why"], /missing required argument/],
  [["why", "a/b/c"], /It must be the name of a PipelineRun, or NAMESPACE\/NAME/],
  [["why", "a", "b"], /too many arguments/],
  [["why", "a", "-o", "yaml"], /Allowed choices are text, json/],
  [["ls", "-n", ""], /It must not be empty/],
  [["preview"], /required option '-f, --file <file>' not specified/],
  [["preview", "-f", "a", "-f", "b"], /It was given before, as "a"/],
  [["preview", "-f", ""], /It must not be empty/],
  [["preview", "run.yaml"], /required option|too many arguments/],
  [["preview", "-f", "a", "--fast"], /unknown option '--fast'/],
  [["what"], /unknown command 'what'/],
])("%j is refused", async (args, message) => {
  const error: unknown = await parsed(...args).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CommanderError);
  expect((error as CommanderError).message).toMatch(message);
  expect((error as CommanderError).exitCode).not.toBe(0);
});

test.each([["--help"], ["why", "--help"], ["--version"]].map(args => [args]))(
  "%j is no mistake",
  async args => {
    const error: unknown = await parsed(...args).catch((reason: unknown) => reason);
    expect((error as CommanderError).exitCode).toBe(0);
  },
);
