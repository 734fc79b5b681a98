import { execFileSync } from "node:child_process";
import { expect, test } from "@jest/globals";
import { tar } from "./tar";

test("the tar of this machine lists files, directories and links", () => {
  const archive = tar([
    { path: "bin/" },
    { path: "bin/tool", content: Buffer.from("#!/bin/sh\n"), mode: 0o700 },
    { path: "bin/link", link: "tool" },
    { path: "etc/long", content: Buffer.alloc(1000, "x"), mode: 0o644 },
  ]);
  expect(archive.length % 512).toBe(0);
  const listed = execFileSync("tar", ["-tv", "--numeric-owner", "-f", "-"], {
    input: archive,
    encoding: "utf8",
  });
  const lines = listed.trim().split("\n");
  expect(lines.map(line => line.split(/\s+/)).map(([mode, owner, size]) => [mode, owner, size])).toEqual([
    ["drwxr-xr-x", "0/0", "0"],
    ["-rwx------", "0/0", "10"],
    ["lrwxr-xr-x", "0/0", "0"],
    ["-rw-r--r--", "0/0", "1000"],
  ]);
  expect(lines[2]).toMatch(/bin\/link -> tool$/);
  const content = execFileSync("tar", ["-xO", "-f", "-", "bin/tool"], { input: archive, encoding: "utf8" });
  expect(content).toBe("#!/bin/sh\n");
});

test("a long path is told in two parts", () => {
  const path = `${"d".repeat(60)}/${"e".repeat(60)}/${"f".repeat(60)}`;
  const archive = tar([{ path, content: Buffer.from("x") }]);
  expect(execFileSync("tar", ["-t", "-f", "-"], { input: archive, encoding: "utf8" })).toBe(`${path}\n`);
});

test("what does not fit into a header is refused", () => {
  expect(() => tar([{ path: "x".repeat(101) }])).toThrow(/too long/);
});
