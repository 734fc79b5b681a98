/** Free TCP ports on the loopback address. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the ports that operating systems hand to outgoing connections (32768 and up on Linux, 49152 on
 * others), so that none of those takes the port between our look and the server's start.
 */
const LOWEST = 20_000;
const HIGHEST = 30_000;
const ATTEMPTS = 200;

const handedOut = new Set<number>();

/**
 * Ports that nothing listens on, chosen at random so that several drivers at once seldom meet.
 * No port is given twice by one process.
 *
 * @throws Error when none is found
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 0; ports.length < count; attempt++) {
    if (attempt === ATTEMPTS) throw new Error(`no ${count} free ports between ${LOWEST} and ${HIGHEST}`);
    const port = randomInt(LOWEST, HIGHEST);
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
