/** The bridge that connects the pods of the real node with this machine. */
import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface PodNetwork {
  bridge: string;
  /** `a.b.c.0/24` */
  subnet: string;
  /** The machine's own address on the bridge, and the node's. */
  gateway: string;
}

const execute = promisify(execFile);
/** Private addresses that KWOK's pods and the local node do not use. */
const OCTETS = { pods: "172.29", services: "172.28" };
const SUBNETS = 256;

/** A subnet that no address of this machine lies in. @param first is tried first; 0 to 255 */
export function freeSubnet(
  addresses: readonly string[],
  first: number,
  octets = OCTETS.pods,
): Omit<PodNetwork, "bridge"> {
  for (let tried = 0; tried < SUBNETS; tried++) {
    const prefix = `${octets}.${(first + tried) % SUBNETS}`;
    if (addresses.some(address => address.startsWith(`${prefix}.`))) continue;
    return { subnet: `${prefix}.0/24`, gateway: `${prefix}.1` };
  }
  throw new Error(`no subnet of ${octets}.0.0/16 is free`);
}

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap(all => all?.map(({ address }) => address) ?? []);

/** For Services of a cluster whose pods in containers call some: their addresses will be the bridge's. */
export const freeServiceRange = (): string =>
  freeSubnet(ownAddresses(), randomInt(SUBNETS), OCTETS.services).subnet;

export async function makeBridge(bridge: string): Promise<PodNetwork> {
  const network = { bridge, ...freeSubnet(ownAddresses(), randomInt(SUBNETS)) };
  await execute("ip", ["link", "add", bridge, "type", "bridge"]);
  await execute("ip", ["address", "add", `${network.gateway}/24`, "dev", bridge]);
  await execute("ip", ["link", "set", bridge, "up"]);
  return network;
}

/** What containerd reads: each pod gets an address of the subnet and a way to this machine. */
export function cniConfiguration({ bridge, subnet, gateway }: PodNetwork): object {
  const ipam = {
    type: "host-local",
    ranges: [[{ subnet, gateway }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  return {
    cniVersion: "0.4.0",
    name: "testbed",
    plugins: [{ type: "bridge", bridge, isGateway: true, ipam }],
  };
}

export async function writeCniConfiguration(directory: string, network: PodNetwork): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "testbed.conflist"), JSON.stringify(cniConfiguration(network)));
}
