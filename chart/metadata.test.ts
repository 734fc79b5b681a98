import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import packageJson from "../package.json";
import { changesOf, chartMetadata } from "./metadata";

const CHANGELOG = `# Changelog

## 0.2.0, 2027-01-02

### Added

- One [thing](docs/one.md), told over
  two lines.

### Fixed

- Another.

### Upgrade notes

- Not a change.

## 0.1.0

### Added

- The first.
`;

describe("changes", () => {
  test("are those of the version, without links and line ends", () => {
    expect(changesOf(CHANGELOG, "0.2.0")).toEqual([
      { kind: "added", description: "One thing, told over two lines." },
      { kind: "fixed", description: "Another." },
    ]);
  });

  test.each(["0.2", "2.0", "0.3.0"])("of %s there are none", version => {
    expect(changesOf(CHANGELOG, version)).toEqual([]);
  });

  test("this version's changelog has some", () => {
    const changelog = readFileSync(join(__dirname, "..", "CHANGELOG.md"), "utf8");
    expect(changesOf(changelog, packageJson.version).length).toBeGreaterThan(0);
  });
});

describe("Chart.yaml", () => {
  const described = { name: "n", version: "0.2.0", license: "Apache-2.0", pepr: { peprVersion: "1.1.4" } };
  const text = (repository?: { url: string }) =>
    parse(
      chartMetadata({ ...described, ...(repository && { repository }) }, CHANGELOG, Buffer.from("<svg/>")),
    ) as {
      icon: string;
      sources?: string[];
      annotations: Record<string, string>;
    };

  test("says licence, images, changes and Pepr's version, and has its icon in it", () => {
    const { annotations, icon, sources } = text();
    expect(annotations["artifacthub.io/license"]).toBe("Apache-2.0");
    expect(parse(annotations["artifacthub.io/images"]!)).toHaveLength(2);
    expect(parse(annotations["artifacthub.io/changes"]!)).toHaveLength(2);
    expect(annotations["pepr.dev/version"]).toBe("1.1.4");
    expect(Buffer.from(icon.split(",")[1]!, "base64").toString()).toBe("<svg/>");
    expect(sources).toBeUndefined();
  });

  test("names the sources where they are known", () => {
    expect(text({ url: "https://example.com/x" }).sources).toEqual(["https://example.com/x"]);
  });
});
