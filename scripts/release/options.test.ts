import { expect, test } from "@jest/globals";
import { parseOptions } from "./options";

test.each([
  [["--dry-run"], { dryRun: true, registry: undefined, repository: undefined }],
  [
    ["--registry", "oci://registry.example.com/charts", "--repository", "https://example.com/x"],
    { dryRun: false, registry: "oci://registry.example.com/charts", repository: "https://example.com/x" },
  ],
  [["--help"], undefined],
])("%j", (args, expected) => {
  expect(parseOptions(args)).toEqual(expected);
});

test.each([
  [[], "either --dry-run or --registry"],
  [["--registry", "registry.example.com"], "must be oci://HOST/PATH"],
  [["--registry", ""], "must be oci://HOST/PATH"],
  [["--dry-run", "--repository", "example.com"], "must be https://HOST/PATH"],
  [["--dry"], "--dry"],
])("%j is refused", (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
