import { describe, expect, it } from "@jest/globals";
import { parseRequests } from "./requests";

describe("parseRequests", () => {
  it.each<[string, Record<string, number>]>([
    ["cpu=4,memory=8Gi", { cpu: 4000, memory: 8 * 2 ** 30 }],
    [" cpu = 500m , nvidia.com/gpu = 1 ", { cpu: 500, "nvidia.com/gpu": 1 }],
    ["hugepages-2Mi=4Mi", { "hugepages-2Mi": 4 * 2 ** 20 }],
    ["cpu=0", { cpu: 0 }],
  ])("reads %j", (text, amounts) => {
    expect(parseRequests(text)).toEqual(amounts);
  });

  it.each([
    ["", /"" is not a resource with its amount; allowed is a list such as "cpu=4,memory=8Gi/],
    ["cpu=4,", /"" is not a resource with its amount/],
    ["cpu", /"cpu" is not a resource with its amount/],
    ["cpu:4", /"cpu:4" is not a resource with its amount/],
    ["=4", /"" is not the name of a resource; allowed/],
    ["my cpu=4", /"my cpu" is not the name of a resource/],
    ["__proto__=4", /"__proto__" is not the name of a resource/],
    ["cpu=4,memory=8Gi,cpu=2", /cpu is stated twice/],
    ["cpu=-1", /cpu: "-1" is not a quantity; allowed is a number that is not negative/],
    ["cpu=4x", /cpu: "4x" is not a quantity/],
    ["cpu=", /cpu: "" is not a quantity/],
    ["cpu=1=2", /cpu: "1=2" is not a quantity/],
  ])("refuses %j and names the part", (text, message) => {
    expect(() => parseRequests(text)).toThrow(message);
  });
});
