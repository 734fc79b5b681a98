/** Commands of the pages that need no cluster; those of kubectl and Helm are run by e2e/chart/documented.ts. */
import { expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import packageJson from "../package.json";
import { checkCommandLine } from "../cli/program";
import { parseOptions as demoOptions } from "../demo/options";
import { parseOptions as e2eOptions } from "./e2e-options";
import { parseOptions as releaseOptions } from "./release/options";
import { parseOptions as soakOptions } from "../soak/options";
import { parseOptions as testbedOptions } from "../testbed/options";
import { commandsOf, commandsOfBlock, PROGRAMS, words } from "./commands";
import { CHECKOUT, pages } from "./pages";

const scripts = packageJson.scripts as Record<string, string>;
const all = pages().flatMap(({ file, text }) => commandsOf(text).map(command => ({ file, command })));
const of = (program: string) => all.filter(({ command }) => words(command)[0] === program);

/** Each throws when the script does not know an option. */
const OPTIONS: Record<string, (args: string[]) => unknown> = {
  demo: demoOptions,
  e2e: e2eOptions,
  preview: args => checkCommandLine(["preview", ...args]),
  soak: args => soakOptions(args, 1),
  testbed: testbedOptions,
  release: releaseOptions,
  bench: ([name = "peak", ...args]) => {
    const source = readFileSync(join(CHECKOUT, "bench", `${name}.ts`), "utf8");
    for (const option of args.filter(arg => arg.startsWith("--")))
      if (!new RegExp(`\\b${option.slice(2)}"?: \\d`).test(source))
        throw new Error(`the benchmark ${name} has no ${option}`);
  },
};

function checkNpm(command: string): void {
  const [, verb, ...rest] = words(command).filter(word => word !== "--silent");
  if (verb === "install") return;
  const [script, ...args] = verb === "run" ? rest : [verb!, ...rest];
  if (!(script! in scripts)) throw new Error(`there is no script ${script}`);
  if (args.length === 0) return;
  if (args[0] !== "--") throw new Error("npm hands on what stands behind --");
  const known = OPTIONS[script!];
  if (known === undefined) throw new Error(`${script} takes no options`);
  known(args.slice(1));
}

const HELP_OF_PEPR: Record<string, string> = {};
const helpOfPepr = (command: string): string =>
  (HELP_OF_PEPR[command] ??= execFileSync(
    join(CHECKOUT, "node_modules", ".bin", "pepr"),
    [command, "--help"],
    {
      encoding: "utf8",
      timeout: 60_000,
    },
  ));

function checkNpx(command: string): void {
  const [, program, ...args] = words(command);
  if (program === "pepr") {
    const help = helpOfPepr(args[0]!);
    for (const option of args.filter(arg => arg.startsWith("-"))) {
      if (!new RegExp(`(^|\\s)${option}\\b`, "m").test(help))
        throw new Error(`pepr ${args[0]} has no ${option}`);
    }
  } else if (program === "jest") {
    const path = args.find(arg => !arg.startsWith("-"))!;
    if (![path, `${path}.test.ts`].some(name => existsSync(join(CHECKOUT, name))))
      throw new Error(`there is no ${path}`);
  } else if (program === packageJson.name) checkCommandLine(args);
  else throw new Error(`${program} is not known`);
}

test.each(of("npm"))("$command ($file) is a script, with options that it knows", ({ command }) => {
  expect(() => checkNpm(command)).not.toThrow();
});

test.each(of("npx"))("$command ($file) is known", ({ command }) => {
  expect(() => checkNpx(command)).not.toThrow();
});

test("blocks hold no other programs", () => {
  const assignment = /^\w+=/;
  const others = all.filter(
    ({ command }) => !PROGRAMS.includes(words(command)[0]!) && !assignment.test(command),
  );
  expect(others).toEqual([]);
});

test.each([
  ["npm run no-such-script", "no script"],
  ["npm run preview -- -f run.yaml --no-such-option", "no-such-option"],
  ["npm run preview -f run.yaml", "behind --"],
  ["npm run bench -- burst --no-such-option 3", "no --no-such-option"],
  ["npm run build -- --quick", "takes no options"],
])("%s is found to be wrong", (command, message) => {
  expect(() => checkNpm(command)).toThrow(message);
});

test("a block's commands are told from what is said about them", () => {
  const block =
    "npm run demo      # shows it\n# alone\nkubectl get \\\n  pods -l a=b\nnpm install && npm run build\n";
  expect(commandsOfBlock(block)).toEqual([
    "npm run demo",
    "kubectl get    pods -l a=b",
    "npm install",
    "npm run build",
  ]);
  expect(words(`kubectl patch x -p '{"a": 1}'`)).toEqual(["kubectl", "patch", "x", "-p", '{"a": 1}']);
});

test.each(
  ["test", "release"].map(name => {
    const file = join(".github", "workflows", `${name}.yaml`);
    return { file, text: readFileSync(join(CHECKOUT, file), "utf8") };
  }),
)("npm's commands of $file are scripts, with options that they know", ({ text }) => {
  const jobs = Object.values((parse(text) as { jobs: Record<string, { steps: { run?: string }[] }> }).jobs);
  const commands = jobs.flatMap(({ steps }) =>
    steps.flatMap(({ run }) => (run?.startsWith("npm ") ? [run] : [])),
  );
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) {
    const typed = command.replace("$GITHUB_SERVER_URL", "https://example.com");
    expect(() => checkNpm(typed)).not.toThrow();
  }
});
