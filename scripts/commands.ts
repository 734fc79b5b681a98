/** The commands that the pages tell people to type. */
import { blocks } from "./pages";

/** Those that are looked at; others are in no page, which a test holds true. */
export const PROGRAMS = ["npm", "npx", "kubectl", "helm"];

const IN_A_SENTENCE = new RegExp(`\`((?:${PROGRAMS.join("|")}) [^\`]+)\``, "g");

/** Words as a shell makes them, of a line without variables. */
export function words(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|[^\s'"]+/g)].map(
    ([word, single, double]) => single ?? double ?? word,
  );
}

/** The commands of a block, without what is said about them. */
export function commandsOfBlock(block: string): string[] {
  return block
    .replaceAll("\\\n", " ")
    .split("\n")
    .map(line => line.replace(/(^|\s{2,})#.*$/, "").trim())
    .flatMap(line => line.split(" && "))
    .filter(line => line !== "");
}

/** The commands that stand in a page's sentences and tables. */
export const commandsOfSentences = (text: string): string[] =>
  [...text.matchAll(IN_A_SENTENCE)].flatMap(([, line]) => line!.split(" && "));

/** All commands of a page. */
export const commandsOf = (text: string): string[] => [
  ...blocks(text, "sh").flatMap(commandsOfBlock),
  ...commandsOfSentences(text),
];
