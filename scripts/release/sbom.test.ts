import { expect, test } from "@jest/globals";
import { reproducibleSbom } from "./sbom";

const made = (timestamp: string, serialNumber: string, directory = "x", components = ["a"]) =>
  JSON.stringify({
    bomFormat: "CycloneDX",
    serialNumber,
    metadata: { timestamp, component: { name: directory } },
    components,
  });
const TIME = new Date("2027-01-02T03:04:05Z");

test("two of the same packages are the same, whenever and wherever they were made", () => {
  const first = reproducibleSbom(made("2027-01-03T00:00:00Z", "urn:uuid:1", "here"), "name", TIME);
  const second = reproducibleSbom(made("2027-01-04T00:00:00Z", "urn:uuid:2", "there"), "name", TIME);
  expect(second).toEqual(first);
  expect(first.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(first.metadata.timestamp).toBe("2027-01-02T03:04:05.000Z");
});

test("those of other packages have another number", () => {
  const one = reproducibleSbom(made("", ""), "name", TIME);
  expect(reproducibleSbom(made("", "", "x", ["b"]), "name", TIME).serialNumber).not.toBe(one.serialNumber);
});
