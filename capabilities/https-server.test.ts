import { expect, test } from "@jest/globals";
import { Agent, createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";
import { makeCertificates } from "../testbed/certificates";
import { stopServing, useCertificate } from "./https-server";

const DRAIN_MILLISECONDS = 500;
/** Keys take their time on a busy machine. */
const MILLISECONDS = 30_000;

interface Answer {
  connection: string | undefined;
  fingerprint: string;
}

function get(port: number, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, agent, rejectUnauthorized: false }, response => {
      const fingerprint = (response.socket as TLSSocket).getPeerCertificate().fingerprint256;
      response.resume().on("end", () => resolve({ connection: response.headers.connection, fingerprint }));
    });
    sent.on("error", reject).end();
  });
}

test(
  "renewed certificates are used; while it stops it answers, once a connection, and then it is closed",
  async () => {
    const [first, second] = [await makeCertificates(), await makeCertificates()];
    const options = { cert: first.serving.certificate, key: first.serving.privateKey };
    let answerMilliseconds = 0;
    const server = createServer(options, (_request, response) => {
      void delay(answerMilliseconds).then(() => response.end("ok"));
    });
    await new Promise<void>(resolve => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    const agent = new Agent({ keepAlive: true });

    const before = await get(port, agent);
    expect(before.connection).toBe("keep-alive");
    useCertificate({
      certificate: Buffer.from(second.serving.certificate),
      key: Buffer.from(second.serving.privateKey),
    });
    expect((await get(port, new Agent())).fingerprint).not.toBe(before.fingerprint);

    const stopped = stopServing(DRAIN_MILLISECONDS);
    expect((await get(port, agent)).connection).toBe("close");
    answerMilliseconds = 2 * DRAIN_MILLISECONDS; // Under way when it stops to listen.
    expect((await get(port, new Agent())).connection).toBe("close");
    await stopped;
    await expect(get(port, new Agent())).rejects.toThrow("ECONNREFUSED");
  },
  MILLISECONDS,
);
