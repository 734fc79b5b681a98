import { expect, test } from "@jest/globals";
import { Agent, createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";
import { makeCertificates } from "../../testbed/certificates";
import { endOfDrain, stopServing, useCertificate } from "./https-server";

/** Keys take their time on a busy machine. */
const MILLISECONDS = 30_000;

interface Answer {
  connection: string | undefined;
  fingerprint: string;
}

function send(port: number, agent: Agent, method: "GET" | "POST" = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, agent, method, rejectUnauthorized: false }, response => {
      const fingerprint = (response.socket as TLSSocket).getPeerCertificate().fingerprint256;
      response.resume().on("end", () => resolve({ connection: response.headers.connection, fingerprint }));
    });
    sent.on("error", reject).end(method === "POST" ? "{}" : undefined);
  });
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, resolve));
  return (server.address() as AddressInfo).port;
}

test(
  "each connection carries one request, whatever the client asks for; renewed certificates are used at once",
  async () => {
    const [first, second] = [await makeCertificates(), await makeCertificates()];
    const options = { cert: first.serving.certificate, key: first.serving.privateKey };
    const server = createServer(options, (_request, response) => response.end("ok"));
    const port = await listening(server);
    const agent = new Agent({ keepAlive: true });

    const before = await send(port, agent);
    expect(before.connection).toBe("close");
    useCertificate({
      certificate: Buffer.from(second.serving.certificate),
      key: Buffer.from(second.serving.privateKey),
    });
    expect((await send(port, agent)).fingerprint).not.toBe(before.fingerprint);
    server.close();
  },
  MILLISECONDS,
);

test.each([
  ["none came since the stop", 900, 1_500],
  ["one came since", 1_200, 1_700],
  ["they come without end", 3_500, 4_000],
])("it listens on until none has come for a while, or its time is over: %s", (_case, lastReview, end) => {
  expect(endOfDrain({ quiet: 500, longest: 3_000 }, 1_000, lastReview)).toBe(end);
});

test(
  "while it stops it answers what comes and what is under way, and then it is closed",
  async () => {
    const { serving } = await makeCertificates();
    const options = { cert: serving.certificate, key: serving.privateKey };
    let answerMilliseconds = 0;
    const server = createServer(options, (_request, response) => {
      void delay(answerMilliseconds).then(() => response.end("ok"));
    });
    const port = await listening(server);

    const stopped = stopServing({ quiet: 500, longest: MILLISECONDS });
    await send(port, new Agent(), "POST");
    answerMilliseconds = 1_500; // Under way when it stops to listen.
    await send(port, new Agent());
    await stopped;
    await expect(send(port, new Agent())).rejects.toThrow("ECONNREFUSED");
  },
  MILLISECONDS,
);
