import { expect, test } from "@jest/globals";
import { resolve } from "node:path";
import { DEFAULT_KUBECONFIG, parseOptions } from "./options";

test("defaults", () => {
  expect(parseOptions([])).toEqual({ nodes: 3, realNode: false, kubeconfigFile: DEFAULT_KUBECONFIG });
});

test("a relative path is taken from where the command runs", () => {
  expect(parseOptions(["--nodes", "20", "--kubeconfig=k.yaml"])).toEqual({
    nodes: 20,
    realNode: false,
    kubeconfigFile: resolve("k.yaml"),
  });
});

test("a real node beside the fake ones", () => {
  expect(parseOptions(["--real-node"])).toMatchObject({ nodes: 3, realNode: true });
});

test("help", () => {
  expect(parseOptions(["--help"])).toBeUndefined();
});

test.each([
  [["--fast"], /Unknown option '--fast'/],
  [["extra"], /Unexpected argument 'extra'/],
  [["--nodes"], /argument missing/],
  [["--nodes", "many"], /--nodes is "many", and must be a whole number from 1/],
  [["--nodes", "0"], /--nodes is "0"/],
])("%j is refused", (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
