import { expect, test } from "@jest/globals";
import { samplesIn } from "./metrics";

test("samples with and without labels; comments are none", () => {
  const text = '# TYPE a counter\na{name="x.y",code="200"} 3\nb 1.5e+01\n\n';
  expect(samplesIn(text)).toEqual([
    { name: "a", labels: { name: "x.y", code: "200" }, value: 3 },
    { name: "b", labels: {}, value: 15 },
  ]);
});
