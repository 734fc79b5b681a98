import { afterEach, expect, test } from "@jest/globals";
import { once } from "node:events";
import { Agent, createServer, request, type Server } from "node:https";
import { connect, createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";
import { makeCertificates } from "../../testbed/certificates";
import { boundConnections, endOfDrain, isLast, stopServing, useCertificate } from "./https-server";

/** Keys take their time on a busy machine. */
const MILLISECONDS = 30_000;

const REVIEW = JSON.stringify({
  request: { uid: "1", operation: "CREATE", kind: { kind: "Pod" }, object: { metadata: {} } },
});

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
    sent.on("error", reject).end(method === "POST" ? REVIEW : undefined);
  });
}

const servers: Server[] = [];

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, resolve));
  return (server.address() as AddressInfo).port;
}

afterEach(() => {
  for (const server of servers.splice(0)) if (server.listening) server.close();
});

test(
  "reviews share a connection, probes do not; renewed certificates are used from the next one on",
  async () => {
    const [first, second] = [await makeCertificates(), await makeCertificates()];
    const options = { cert: first.serving.certificate, key: first.serving.privateKey };
    const server = createServer(options, (_request, response) => response.end("ok"));
    const port = await listening(server);
    let connections = 0;
    server.on("secureConnection", () => connections++);
    const agent = new Agent({ keepAlive: true });

    const before = await send(port, agent, "POST");
    expect(before.connection).toBe("keep-alive");
    await send(port, agent, "POST");
    expect(connections).toBe(1);
    expect((await send(port, new Agent({ keepAlive: true }))).connection).toBe("close");
    useCertificate({
      certificate: Buffer.from(second.serving.certificate),
      key: Buffer.from(second.serving.privateKey),
    });
    const after = await send(port, new Agent(), "POST");
    expect(after.fingerprint).not.toBe(before.fingerprint);
    agent.destroy();
  },
  MILLISECONDS,
);

test(
  "a connection that the API server has dialled to spare is left open; one whose request has begun is not, nor no HTTP",
  async () => {
    const { serving } = await makeCertificates();
    const options = {
      cert: serving.certificate,
      key: serving.privateKey,
      connectionsCheckingInterval: 20,
    };
    const server = createServer(options, (_request, response) => response.end("ok"));
    server.headersTimeout = 100;
    const port = await listening(server);
    const dial = async () => {
      const socket = connectTls({ port, rejectUnauthorized: false });
      const firstLine = once(socket, "data").then(([data]) => `${data}`.split("\r\n")[0]);
      await once(socket, "secureConnect");
      return { socket, firstLine };
    };

    const spare = await dial();
    const slow = await dial();
    slow.socket.write("GET / HT");
    expect(await slow.firstLine).toBe("HTTP/1.1 408 Request Timeout");
    await once(slow.socket, "close");
    // Older than the slow one, it has been given up as well.
    spare.socket.write("GET / HTTP/1.1\r\nHost: webhook\r\n\r\n");
    expect(await spare.firstLine).toBe("HTTP/1.1 200 OK");

    const other = await dial();
    other.socket.write("hello\r\n\r\n");
    expect(await other.firstLine).toBe("HTTP/1.1 400 Bad Request");
    await once(other.socket, "close");
    spare.socket.destroy();
  },
  MILLISECONDS,
);

test("an idle connection is left to the API server, which closes it after 90 s", () => {
  const server = createServer({});
  expect(server.keepAliveTimeout).toBeGreaterThan(90_000 + 30_000);
});

test.each([
  { name: "a review on a new connection", method: "POST", age: 0, isStopping: false, expected: false },
  { name: "a review on an old connection", method: "POST", age: 61_000, isStopping: false, expected: true },
  { name: "a review while the process stops", method: "POST", age: 0, isStopping: true, expected: true },
  { name: "a probe", method: "GET", age: 0, isStopping: false, expected: true },
])("whether its answer is the connection's last: $name", ({ method, age, isStopping, expected }) => {
  expect(isLast(method, age, isStopping)).toBe(expected);
});

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
    expect((await send(port, new Agent({ keepAlive: true }), "POST")).connection).toBe("close");
    answerMilliseconds = 1_500; // Under way when it stops to listen.
    await send(port, new Agent());
    await stopped;
    await expect(send(port, new Agent())).rejects.toThrow("ECONNREFUSED");
  },
  MILLISECONDS,
);

test("one address has so many connections and no more, and others have theirs", async () => {
  const server = createTcpServer(socket => socket.write("hello"));
  boundConnections(server as Server, 2);
  const port = await listening(server as Server);
  const open = (localAddress: string) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress });
    return {
      socket,
      came: Promise.race([once(socket, "data"), once(socket, "close")]).then(([word]) => `${word}`),
    };
  };
  const sockets = [open("127.0.0.1"), open("127.0.0.1")];
  expect(await Promise.all(sockets.map(({ came }) => came))).toEqual(["hello", "hello"]);
  const third = open("127.0.0.1");
  await once(third.socket, "close");
  const other = open("127.0.0.2");
  expect(await other.came).toBe("hello");
  sockets[0]!.socket.destroy();
  await delay(50);
  const fourth = open("127.0.0.1");
  expect(await fourth.came).toBe("hello");
  for (const { socket } of [...sockets, fourth, other]) socket.destroy();
});
