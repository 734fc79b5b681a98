import { expect, test } from "@jest/globals";
import { resolve } from "node:path";
import { parseOptions } from "./options";

test("offline and for people, unless said otherwise; paths start where the person stands", () => {
  expect(parseOptions(["-f", "run.yaml"], "/there")).toEqual({
    file: resolve("/there/run.yaml"),
    run: undefined,
    kubeconfigFile: undefined,
    output: "text",
  });
});

test("everything at once", () => {
  const args = ["--file=/a.yaml", "--run", "b", "--kubeconfig", "k", "-o", "json"];
  expect(parseOptions(args, "/there")).toEqual({
    file: resolve("/a.yaml"),
    run: "b",
    kubeconfigFile: resolve("/there/k"),
    output: "json",
  });
});

test.each(["--help", "-h"])("help with %s", flag => {
  expect(parseOptions([flag], "/")).toBeUndefined();
});

test.each([
  [[], /^-f is given \[\], and must be given once/],
  [["-f", "a", "-f", "b"], /^-f is given \["a","b"\], and must be given once/],
  [["-f", ""], /^-f is given \[""\]/],
  [["-f"], /argument missing/],
  [["-f", "a", "--fast"], /Unknown option '--fast'/],
  [["run.yaml"], /Unexpected argument 'run.yaml'/],
  [["-f", "a", "-o", "yaml"], /^-o is "yaml", and must be one of text, json$/],
  [["-f", "a", "--kubeconfig", ""], /^--kubeconfig is "", and must not be empty$/],
])("%j is refused", (args, message) => {
  expect(() => parseOptions(args, "/")).toThrow(message);
});
