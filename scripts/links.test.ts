import { describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { anchors, CHECKOUT, links, pages } from "./pages";

/** What is wrong with the link, if anything is. Other hosts are not asked. */
function problem(file: string, text: string, target: string): string | undefined {
  if (/^(https?|mailto):/.test(target)) return undefined;
  const [path, anchor] = target.split("#");
  const named = join(CHECKOUT, dirname(file), path!);
  if (path !== "" && !existsSync(named)) return `${file}: there is no ${target}`;
  if (anchor === undefined) return undefined;
  const there = path === "" ? text : statSync(named).isFile() ? readFileSync(named, "utf8") : "";
  return anchors(there).includes(anchor) ? undefined : `${file}: ${target} names no heading`;
}

const all = pages();

test("each link of a page leads to a file of the checkout, and to a heading in it", () => {
  const problems = all.flatMap(({ file, text }) =>
    links(text).flatMap(target => problem(file, text, target) ?? []),
  );
  expect(problems).toEqual([]);
});

test("README.md leads to every page", () => {
  const reached = new Set<string>();
  const follow = (path: string): void => {
    const page = all.find(({ file }) => file === path || file === join(path, "README.md"));
    if (page === undefined || reached.has(page.file)) return;
    reached.add(page.file);
    for (const target of links(page.text)) follow(join(dirname(page.file), target.split("#")[0]!));
  };
  follow("README.md");
  expect(all.map(({ file }) => file).filter(file => !reached.has(file))).toEqual([]);
});

test("README.md is read in a few minutes", () => {
  const { text } = all.find(({ file }) => file === "README.md")!;
  expect(text.split("\n").length).toBeLessThanOrEqual(120);
});

describe("links that lead nowhere are found", () => {
  test.each([
    ["[a](missing.md)", "there is no"],
    ["[a](README.md#no-such-heading)", "names no heading"],
    ["[a](#no-such-heading)", "names no heading"],
    ["![a](missing.svg)", "there is no"],
    ["[a]: missing.md", "there is no"],
  ])("%s", (text, words) => {
    expect(links(text).map(target => problem("page.md", text, target))).toEqual([
      expect.stringContaining(words),
    ]);
  });
});

test.each([
  ["# Is it healthy?", "is-it-healthy"],
  ["## What `pepr deploy` made", "what-pepr-deploy-made"],
  ["## The run's own pod templates", "the-runs-own-pod-templates"],
  ["```sh\n# not a heading\n```\n## One", "one"],
])("the anchor of %j is %s", (text, anchor) => {
  expect(anchors(text)).toEqual([anchor]);
});
