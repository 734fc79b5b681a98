import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  countedResources,
  difference,
  InvalidQuantity,
  maximum,
  NOTHING,
  parseQuantity,
  parseResources,
  scaled,
  sum,
  toQuantities,
} from "./resources";

describe("parseQuantity", () => {
  it.each<[string, string | number | null, number]>([
    ["cpu", null, 0],
    ["cpu", " 500m ", 500],
    ["cpu", "2", 2000],
    ["cpu", 2, 2000],
    ["cpu", 0.3, 300],
    ["cpu", "0.57", 570],
    ["cpu", "500m", 500],
    ["cpu", "1500000u", 1500],
    ["cpu", "100n", 1],
    ["cpu", "0.0001", 1],
    ["cpu", "1e2", 100_000],
    ["cpu", "1E-2", 10],
    ["cpu", "+1", 1000],
    ["cpu", ".5", 500],
    ["cpu", "1.", 1000],
    ["cpu", "0", 0],
    ["memory", "1Gi", 2 ** 30],
    ["memory", "1.5Gi", 1.5 * 2 ** 30],
    ["memory", "64Mi", 64 * 2 ** 20],
    ["memory", "1Ki", 1024],
    ["memory", "2Ti", 2 ** 41],
    ["memory", "1Pi", 2 ** 50],
    ["memory", "0.001Ei", 1_152_921_504_606_847],
    ["memory", "1k", 1000],
    ["memory", "1M", 1e6],
    ["memory", "1G", 1e9],
    ["memory", "1T", 1e12],
    ["memory", "1P", 1e15],
    ["memory", "0.001E", 1e15],
    ["memory", "129e6", 129_000_000],
    ["memory", "1E3", 1000],
    ["memory", "1500m", 2],
    ["memory", 1073741824, 2 ** 30],
    ["nvidia.com/gpu", "2", 2],
    ["nvidia.com/gpu", "500m", 1],
    ["hugepages-2Mi", "4Mi", 4 * 2 ** 20],
  ])("reads %s: %s", (resource, text, amount) => {
    expect(parseQuantity(resource, text)).toBe(amount);
  });

  it.each([
    ...["", " ", "-1", "-500m", "4x", "1 Gi", "1gi", "1K", "0x10", "1e", "e3", ".", "m", "1.2.3", "NaN"],
    ...["Infinity", "$(params.cpu)", "1e999", "1".repeat(65), NaN, -1],
  ])("refuses %j and says what is allowed", text => {
    expect(() => parseQuantity("memory", text)).toThrow(InvalidQuantity);
    expect(() => parseQuantity("memory", text)).toThrow(/^memory: .* is not a quantity; allowed is /);
  });

  it.each(["1e99", "9007199254740992", "10E", "9Ei"])("refuses %j, of which there is too much", text => {
    expect(() => parseQuantity("memory", text)).toThrow(
      /^memory: .* is more than is reckoned with; allowed is /,
    );
  });

  it.each([undefined, {}, [], true])("refuses %j, which is neither text nor number", value => {
    expect(() => parseQuantity("cpu", value as unknown as string)).toThrow(InvalidQuantity);
  });
});

describe("what the API server has taken", () => {
  const most = Number.MAX_SAFE_INTEGER;
  it("counts as the most, where it is more than can be counted", () => {
    expect(countedResources({ memory: "9Ei", cpu: "10P", pods: "3" })).toEqual({
      memory: most,
      cpu: most,
      pods: 3,
    });
    expect(() => countedResources({ memory: "much" })).toThrow(InvalidQuantity);
  });

  it("never comes to more than can be written and read again", () => {
    const much = { memory: most - 5 };
    for (const all of [sum(much, much), scaled(much, 1000)]) {
      expect(all).toEqual({ memory: most });
      expect(parseResources(toQuantities(all))).toEqual(all);
    }
  });
});

describe("toQuantities", () => {
  it("writes as Kubernetes does", () => {
    expect(
      toQuantities({
        cpu: 2500,
        memory: 2 ** 30,
        "ephemeral-storage": 1536 * 2 ** 20,
        "hugepages-2Mi": 1000,
        "nvidia.com/gpu": 1024,
      }),
    ).toEqual({
      cpu: "2500m",
      memory: "1Gi",
      "ephemeral-storage": "1536Mi",
      "hugepages-2Mi": "1000",
      "nvidia.com/gpu": "1024",
    });
    expect(toQuantities({ cpu: 5000, memory: 0 })).toEqual({ cpu: "5", memory: "0" });
  });

  it("is read back as it was", () => {
    const amount = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(fc.record({ cpu: amount, memory: amount, "nvidia.com/gpu": amount }), resources => {
        expect(parseResources(toQuantities(resources))).toEqual(resources);
      }),
    );
  });
});

describe("arithmetic", () => {
  const a = { cpu: 1000, memory: 5 };
  const b = { cpu: 300, "nvidia.com/gpu": 1 };

  it("goes resource by resource", () => {
    expect(sum(a, b)).toEqual({ cpu: 1300, memory: 5, "nvidia.com/gpu": 1 });
    expect(maximum(a, b)).toEqual({ cpu: 1000, memory: 5, "nvidia.com/gpu": 1 });
    expect(difference(b, a)).toEqual({ cpu: 0, "nvidia.com/gpu": 1 });
    expect(difference(a, b)).toEqual({ cpu: 700, memory: 5 });
    expect(scaled(b, 3)).toEqual({ cpu: 900, "nvidia.com/gpu": 3 });
    expect(sum()).toEqual(NOTHING);
  });

  it("is not misled by a resource that is named as something every object has", () => {
    const odd = parseResources({ constructor: "1", toString: "2" });
    expect(sum(NOTHING, odd, odd)).toEqual({ constructor: 2, toString: 4 });
    expect(difference(odd, NOTHING)).toEqual({ constructor: 1, toString: 2 });
  });

  it.each(["cpu=1", 3, null, ["1"], undefined])("reads a map that is none (%j) as empty", map => {
    expect(parseResources(map as unknown as undefined)).toEqual({});
  });
});
