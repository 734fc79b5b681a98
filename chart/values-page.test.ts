import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chartPage, valueGroups } from "./values-page";

const YAML = `# Of the first.
first: ""
# A group.
group:
  # Of one.
  one: 1
  plain: { a: 1 }
  # Of the inner group.
  inner:
    # Of two|three.
    two: []
`;

test("each value has its path, its default and the comments above it", () => {
  expect(valueGroups(YAML)).toEqual([
    { name: "", meaning: "", values: [{ path: "first", default: '""', meaning: "Of the first." }] },
    {
      name: "group",
      meaning: "A group.",
      values: [
        { path: "group.one", default: "1", meaning: "Of one." },
        { path: "group.plain", default: '{"a":1}', meaning: "" },
        { path: "group.inner.two", default: "[]", meaning: "Of the inner group. Of two|three." },
      ],
    },
  ]);
  expect(chartPage({ name: "chart", description: "Does it." }, YAML)).toContain("Of two\\|three.");
});

test("the chart's own values all stand in its page", () => {
  const text = readFileSync(join(__dirname, "package", "values.yaml"), "utf8");
  const paths = valueGroups(text).flatMap(({ values }) => values.map(({ path }) => path));
  expect(paths).toEqual(expect.arrayContaining(["image.tag", "uninstall.timeoutSeconds", "logLevel"]));
  expect(new Set(paths).size).toBe(paths.length);
});
