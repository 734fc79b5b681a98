import { expect, test } from "@jest/globals";
import { parseSettings, SettingsError } from "./settings";

test("every setting has a default", () => {
  expect(parseSettings({ PATH: "/bin" })).toMatchObject({ WORKERS: 30, DEFAULT_ISOLATION: "required" });
});

test("values are taken, numbers as numbers", () => {
  const given = {
    POD_AFFINITY_WORKERS: "3",
    POD_AFFINITY_PLACEHOLDER_IMAGE: "example.com:5000/pause:1@sha256:" + "a".repeat(64),
  };
  expect(parseSettings(given)).toMatchObject({ WORKERS: 3 });
});

test.each([
  ["WORKERS", "many", "a whole number from 1 to 100"],
  ["WORKERS", "0", "a whole number from 1 to 100"],
  ["WORKERS", "2.5", "a whole number from 1 to 100"],
  ["WORKERS", "", "a whole number from 1 to 100"],
  ["PLACEHOLDER_CPU", "0", "a CPU quantity above zero"],
  ["PLACEHOLDER_CPU", "ten", "a CPU quantity above zero"],
  ["PLACEHOLDER_MEMORY", "16MB", "a memory quantity above zero"],
  ["PLACEHOLDER_IMAGE", "not an image", "an image reference"],
  ["TEKTON_NAMESPACE", "Tekton", "the name of a namespace"],
  ["DEFAULT_ISOLATION", "maybe", "required, preferred, none"],
  ["DEFAULT_TOPOLOGY_KEY", "a b", "node label"],
  ["DEFAULT_PLACEMENT_TIMEOUT", "soon", "none, or a duration from 1s to 8760h"],
  ["DEFAULT_ON_TIMEOUT", "retry", "wait, run-anyway, cancel"],
  ["DEFAULT_CLAIMS", "drop", "keep, delete"],
  ["KARPENTER_DO_NOT_DISRUPT", "false", "true, none, or a duration from 1s to 8760h"],
  ["COLOUR", "red", "POD_AFFINITY_WORKERS"],
  ["toString", "x", "POD_AFFINITY_WORKERS"],
])("%s=%j stops the start with key, value and what is allowed", (key, value, allowed) => {
  const start = () => parseSettings({ [`POD_AFFINITY_${key}`]: value });
  expect(start).toThrow(SettingsError);
  expect(start).toThrow(`POD_AFFINITY_${key}`);
  expect(start).toThrow(JSON.stringify(value));
  expect(start).toThrow(allowed);
});

test.each([
  ["PLACEHOLDER_CPU", "1.0"],
  ["PLACEHOLDER_MEMORY", "1.5Gi"],
])("%s=%s is a quantity above zero", (key, value) => {
  expect(parseSettings({ [`POD_AFFINITY_${key}`]: value })).toMatchObject({ [key]: value });
});

test("all mistakes are told at once", () => {
  const start = () => parseSettings({ POD_AFFINITY_WORKERS: "x", POD_AFFINITY_RESYNC_SECONDS: "y" });
  expect(start).toThrow(/WORKERS[\s\S]*RESYNC_SECONDS/);
});
