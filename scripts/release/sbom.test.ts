import { expect, test } from "@jest/globals";
import { reproducibleSbom } from "./sbom";

const made = (timestamp: string, serialNumber: string, components = ["a"]) =>
  JSON.stringify({ bomFormat: "CycloneDX", serialNumber, metadata: { timestamp, tools: [] }, components });
const TIME = new Date("2027-01-02T03:04:05Z");

test("two of the same packages are the same, whenever they were made", () => {
  const first = reproducibleSbom(made("2027-01-03T00:00:00Z", "urn:uuid:1"), TIME);
  const second = reproducibleSbom(made("2027-01-04T00:00:00Z", "urn:uuid:2"), TIME);
  expect(second).toEqual(first);
  expect(first.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(first.metadata.timestamp).toBe("2027-01-02T03:04:05.000Z");
});

test("those of other packages have another number", () => {
  const one = reproducibleSbom(made("", ""), TIME);
  expect(reproducibleSbom(made("", "", ["b"]), TIME).serialNumber).not.toBe(one.serialNumber);
});
