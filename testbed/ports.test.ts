/** Two modules of their own stand for two drivers. */
import { createServer, type AddressInfo } from "node:net";
import { expect, jest, test } from "@jest/globals";

type Ports = typeof import("./ports");

function driver(): Ports {
  let ports: Ports | undefined;
  jest.isolateModules(() => (ports = jest.requireActual<Ports>("./ports")));
  return ports!;
}

/** More than the others leave to chance, were they to choose for themselves. */
const MANY = 1500;

test("no port is given twice, whether by one driver or by another", async () => {
  const [one, other] = [driver(), driver()];
  const given = await Promise.all([one.freePorts(MANY), other.freePorts(MANY), other.freePorts(MANY)]);
  expect(new Set(given.flat()).size).toBe(3 * MANY);
});

test("a port that a stranger listens on is left alone", async () => {
  const { freePorts } = driver();
  const [first] = await freePorts(1);
  const stranger = createServer().unref();
  await new Promise<void>(resolve => stranger.listen(first! - 1, "127.0.0.1", resolve));
  const { port } = stranger.address() as AddressInfo;
  expect(await freePorts(60)).not.toContain(port);
});
