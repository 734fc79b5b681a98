/** The project's pages for people, and what stands in them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export const CHECKOUT = join(__dirname, "..");
/** What is not ours, or made. */
const LEFT_OUT = new Set(["node_modules", "dist", ".git", ".testbed", "recordings"]);

export interface Page {
  /** From the checkout's root. */
  file: string;
  text: string;
}

/** Every page in Markdown. */
export function pages(directory = CHECKOUT): Page[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !LEFT_OUT.has(name))
    .flatMap(entry => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return pages(path);
      if (!entry.name.endsWith(".md")) return [];
      return [{ file: relative(CHECKOUT, path), text: readFileSync(path, "utf8") }];
    });
}

const FENCED = /^( *)```(\w*)\n(.*?)^\1```$/gms;

/** What stands between fences of the language. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(FENCED)].filter(([, , name]) => name === language).map(([, , , body]) => body!);
}

const withoutCode = (text: string): string => text.replace(FENCED, "");

/** Where links and pictures lead to, in the words of the page. */
export function links(text: string): string[] {
  const inline = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)];
  const byReference = [...withoutCode(text).matchAll(/^\[[^\]]+\]: (\S+)$/gm)];
  return [...inline, ...byReference].map(([, target]) => target!);
}

/** What a link may name behind `#`: the headings, as GitHub writes them. */
export function anchors(text: string): string[] {
  const headings = [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return headings.map(heading =>
    heading
      .toLowerCase()
      .replace(/\]\([^)]*\)/g, "")
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
