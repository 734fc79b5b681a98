import { expect, test } from "@jest/globals";
import { placeOf } from "./files";
import { freeSubnet } from "./network";

test.each([
  { name: "nothing is in the way", addresses: ["10.0.0.1", "::1"], first: 7, expected: "172.29.7" },
  { name: "the first is taken", addresses: ["172.29.7.1"], first: 7, expected: "172.29.8" },
  { name: "one that begins alike", addresses: ["172.29.77.1"], first: 7, expected: "172.29.7" },
  { name: "the last is taken", addresses: ["172.29.255.9"], first: 255, expected: "172.29.0" },
])("$name", ({ addresses, first, expected }) => {
  expect(freeSubnet(addresses, first)).toEqual({ subnet: `${expected}.0/24`, gateway: `${expected}.1` });
});

test("two clusters share neither cgroup nor bridge, whose name the kernel takes", () => {
  const [one, other] = ["/tmp/testbed-a", "/tmp/testbed-b"].map(placeOf);
  expect(one!.bridge).not.toBe(other!.bridge);
  expect(one!.cgroup).not.toBe(other!.cgroup);
  expect(one!.bridge.length).toBeLessThanOrEqual(15);
});
