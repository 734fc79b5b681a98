/** Free TCP ports on the loopback address. */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/**
 * Below the ports that operating systems hand to outgoing connections (32768 and up on Linux, 49152 on
 * others), so that none of those takes the port between our look and the server's start.
 */
const LOWEST = 20_000;
const HIGHEST = 30_000;
/**
 * A driver takes ports in blocks: as long as it lives it listens on the first of a block, so that no other driver takes
 * a port of it between our look and the server's start, which may be half a minute later.
 */
const BLOCK = 50;
const ATTEMPTS = 2000;

const reservations: Server[] = [];
/** Of the blocks, those that were not handed out yet. */
const reserved: number[] = [];

/**
 * Ports that nothing listens on, and that no other process is given by this function until this one has ended.
 * No port is given twice.
 *
 * @throws Error when none is found
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = reserved.pop() ?? (await reserveBlock());
    // Whoever is no driver asks nobody.
    if (port !== undefined && (await isFree(port))) ports.push(port);
  }
  return ports;
}

async function reserveBlock(): Promise<undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = LOWEST + BLOCK * randomInt((HIGHEST - LOWEST) / BLOCK);
    const reservation = await listen(first);
    if (reservation === undefined) continue;
    reservation.unref();
    reservations.push(reservation);
    for (let port = first + 1; port < first + BLOCK; port++) reserved.push(port);
    return;
  }
  throw new Error(`no ${BLOCK} ports between ${LOWEST} and ${HIGHEST} that no other test bed has taken`);
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  await new Promise(resolve => (server === undefined ? resolve(0) : server.close(resolve)));
  return server !== undefined;
}

/** @returns undefined when somebody else listens there */
function listen(port: number): Promise<Server | undefined> {
  return new Promise(resolve => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
