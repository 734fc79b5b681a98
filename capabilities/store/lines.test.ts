import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Lines, LineTooLong } from "./lines";

test("whatever chunks it comes in, the same lines come out", () => {
  const line = fc.string({ unit: "binary", maxLength: 12 }).map(text => text.replaceAll("\n", "é"));
  fc.assert(
    fc.property(
      fc.array(line),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (texts, sizes) => {
        const bytes = Buffer.from(texts.map(text => `${text}\n`).join(""));
        const lines = new Lines(1_000);
        const read: string[] = [];
        for (let start = 0, i = 0; start < bytes.length; i++) {
          const end = start + sizes[i % sizes.length]!;
          read.push(...lines.push(bytes.subarray(start, end)));
          start = end;
        }
        // What UTF-8 cannot express was lost when it was written.
        expect(read).toEqual(texts.map(text => Buffer.from(text).toString()));
      },
    ),
  );
});

test("a line may be as long as it may be, and no longer, whether its end has come or not", () => {
  const lines = new Lines(4);
  expect([...lines.push(Buffer.from("abcd\nabcd"))]).toEqual(["abcd"]);
  expect(() => [...lines.push(Buffer.from("e"))]).toThrow(LineTooLong);
});
