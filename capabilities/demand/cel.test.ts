import { describe, expect, it } from "@jest/globals";
import { evaluateCel } from "./cel";

describe("a condition in CEL", () => {
  it.each<{ text: string; expected: boolean | undefined }>([
    { text: "true", expected: true },
    { text: " !true ", expected: false },
    { text: "!!true", expected: true },
    { text: "'a' == \"a\"", expected: true },
    { text: "'a' != 'a'", expected: false },
    { text: "'it\\'s' == \"it's\"", expected: true },
    { text: "'a' == 'b' || 'a' == 'a'", expected: true },
    { text: "'a' == 'a' && 'a' == 'b'", expected: false },
    { text: "true || false && false", expected: true },
    { text: "(true || false) && false", expected: false },
    { text: "'a' in ['b', 'a']", expected: true },
    { text: "!('a' in ['b', 'c'])", expected: true },
    { text: "'main'.startsWith('ma') && 'main'.endsWith('in') && 'main'.contains('ai')", expected: true },
    { text: "size('abc') == 3 && 'abc'.size() >= 3 && size([1, 2]) < 3", expected: true },
    { text: "2 > 10", expected: false },
    { text: "'a' == 'a' ? false : true", expected: false },
    { text: "false && 'a'.matches('a')", expected: false },
    { text: "true || unknown", expected: true },
    { text: "'a'.matches('a')", expected: undefined },
    { text: "'1' == 1", expected: undefined },
    { text: "'a' in ['b', 1]", expected: undefined },
    { text: "1.5 < 2", expected: undefined },
    { text: "'a'", expected: undefined },
    { text: "unknown == 'a'", expected: undefined },
    { text: "'a' =", expected: undefined },
    { text: "('a' == 'a'", expected: undefined },
    { text: "", expected: undefined },
    { text: `${"(".repeat(5000)}true${")".repeat(5000)}`, expected: undefined },
    { text: `'${"x".repeat(20_000)}' == ''`, expected: undefined },
    { text: `${"!".repeat(9000)}true`, expected: true },
    { text: `${"[".repeat(9000)}`, expected: undefined },
  ])("$text", ({ text, expected }) => {
    expect(evaluateCel(text)).toBe(expected);
  });
});
