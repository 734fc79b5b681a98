import { expect, test } from "@jest/globals";
import { problems, provenance, type Origin } from "./provenance";

const ORIGIN: Origin = {
  name: "n",
  version: "0.2.0",
  commit: "abc",
  isDirty: false,
  repository: undefined,
  tools: { node: "v24.0.0" },
  lockFile: "def",
};
const CHANGELOG = "# Changelog\n\n## 0.2.0, 2027-01-02\n";

test("it says what was made of what", () => {
  expect(JSON.parse(provenance(ORIGIN))).toMatchObject({
    sources: { commit: "abc" },
    tools: { node: "v24.0.0" },
  });
  expect(provenance(ORIGIN)).not.toContain("repository");
  expect(provenance({ ...ORIGIN, repository: "https://example.com/x" })).toContain("https://example.com/x");
});

test.each([
  ["nothing", {}, CHANGELOG, ["v0.2.0"], []],
  ["what is not committed", { isDirty: true }, CHANGELOG, ["v0.2.0"], ["not committed"]],
  ["no tag", {}, CHANGELOG, ["v0.1.0"], ["no tag v0.2.0"]],
  ["no section", { version: "0.3.0" }, CHANGELOG, ["v0.3.0"], ["no section of 0.3.0"]],
  ["no date", {}, "## 0.2.0, unreleased\n", ["v0.2.0"], ["unreleased"]],
])("refused for %s", (_, change, changelog, tags, expected) => {
  expect(problems({ ...ORIGIN, ...change }, changelog, tags)).toEqual(
    expected.map(words => expect.stringContaining(words)),
  );
});
