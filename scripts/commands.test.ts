/** Commands of the pages that need no cluster; those of kubectl and Helm are run by e2e/chart/documented.ts. */
import { expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
const isAssignment = (word: string): boolean => /^\w+=/.test(word);
/** Without what is put into its environment; undefined where nothing is run. */
const programOf = (command: string): string | undefined => words(command).find(word => !isAssignment(word));
const of = (program: string) => all.filter(({ command }) => programOf(command) === program);

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

/** Files of tests that jest would take for the path. */
function testFiles(path: string): string[] {
  const [top] = path.split("/");
  return readdirSync(join(CHECKOUT, top!), { recursive: true, encoding: "utf8" })
    .map(name => join(top!, name))
    .filter(name => name.endsWith(".test.ts") && name.includes(path));
}

/** The file, and what it imports from beside it and below. */
function withImports(file: string): string {
  const text = readFileSync(join(CHECKOUT, file), "utf8");
  const below = [...text.matchAll(/from "(\.\/[^"]+)"/g)].map(
    ([, name]) => `${join(dirname(file), name!)}.ts`,
  );
  return [text, ...below.map(withImports)].join("\n");
}

function checkJest(args: readonly string[], variables: readonly string[]): void {
  const path = args.find(arg => !arg.startsWith("-"))!;
  const text = testFiles(path).map(withImports).join("\n");
  if (text === "") throw new Error(`there is no ${path}`);
  for (const name of variables.map(word => word.split("=")[0]!))
    if (!text.includes(`"${name}"`)) throw new Error(`${path} does not look at ${name}`);
  const at = args.indexOf("-t");
  if (at >= 0 && !text.includes(args[at + 1]!)) throw new Error(`${path} has no test "${args[at + 1]}"`);
}

function checkNpx(command: string): void {
  const typed = words(command);
  const variables = typed.filter(isAssignment);
  const [, program, ...args] = typed.slice(variables.length);
  if (program === "pepr") {
    const help = helpOfPepr(args[0]!);
    for (const option of args.filter(arg => arg.startsWith("-"))) {
      if (!new RegExp(`(^|\\s)${option}\\b`, "m").test(help))
        throw new Error(`pepr ${args[0]} has no ${option}`);
    }
  } else if (program === "jest") checkJest(args, variables);
  else if (program === packageJson.name) checkCommandLine(args);
  else throw new Error(`${program} is not known`);
}

test.each(of("npm"))("$command ($file) is a script, with options that it knows", ({ command }) => {
  expect(() => checkNpm(command)).not.toThrow();
});

test.each(of("npx"))("$command ($file) is known", ({ command }) => {
  expect(() => checkNpx(command)).not.toThrow();
});

test("blocks hold no other programs", () => {
  const others = all.filter(({ command }) => {
    const program = programOf(command);
    return program !== undefined && !PROGRAMS.includes(program);
  });
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

test.each([
  ["npx jest e2e/no-such", "there is no e2e/no-such"],
  ["NO_SUCH=1 npx jest e2e/leader.test.ts", "does not look at NO_SUCH"],
  ['npx jest e2e/leader.test.ts -t "no such title"', "has no test"],
  ["npx no-such-program", "not known"],
])("%s is found to be wrong, too", (command, message) => {
  expect(() => checkNpx(command)).toThrow(message);
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
