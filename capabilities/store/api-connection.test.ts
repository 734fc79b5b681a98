import { expect, test } from "@jest/globals";
import { mkdtemp, writeFile } from "node:fs/promises";
import type { RequestListener, Server } from "node:http";
import { Server as HttpsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { makeCertificates, type Identity } from "../../testbed/certificates";
import { kubeConfigFor, ScriptedApiServer } from "../testing/scripted-api-server";
import { ApiConnection } from "./api-connection";

test("keeps one connection; one more for a certificate that was renewed on disk", async () => {
  const { authority, serving, administrator } = await makeCertificates();
  const secrets = { cert: serving.certificate, key: serving.privateKey, ca: authority, requestCert: true };
  // Not by createServer: server/https-server.ts puts another in its place, for all tests that one process runs.
  const server = new ScriptedApiServer(
    (listener: RequestListener) =>
      new HttpsServer({ ...secrets, rejectUnauthorized: false }, listener) as unknown as Server,
  );
  const port = await server.start();
  const directory = await mkdtemp(join(tmpdir(), "api-connection-"));
  const user = { certFile: join(directory, "tls.crt"), keyFile: join(directory, "tls.key") };
  const renew = async ({ certificate, privateKey }: Identity) => {
    await writeFile(user.certFile, certificate);
    await writeFile(user.keyFile, privateKey);
  };
  const caData = Buffer.from(authority).toString("base64");
  const connection = new ApiConnection(kubeConfigFor(`https://localhost:${port}/prefix/`, user, { caData }));
  // Those that carry a request: where a name has two addresses, both may be tried.
  const used = new Set<unknown>();
  const ask = async () => {
    const answer = connection.get({
      path: "/api/v1/pods",
      query: new URLSearchParams({ limit: "1" }),
      silenceMilliseconds: 30_000,
      signal: new AbortController().signal,
    });
    const asked = await server.next();
    used.add(asked.request.socket);
    const subject = (asked.request.socket as TLSSocket).getPeerCertificate().subject.CN;
    asked.answer(200, {});
    for await (const _ of await answer);
    return { subject, path: asked.request.url, connections: used.size };
  };

  await renew(administrator);
  const path = "/prefix/api/v1/pods?limit=1";
  const first = await ask();
  expect(first).toEqual({ subject: expect.any(String), path, connections: 1 });
  expect(await ask()).toEqual(first);
  await renew(serving);
  const renewed = await ask();
  expect(renewed.connections).toBe(2);
  expect(renewed.subject).not.toBe(first.subject);
  connection.close();
  await server.stop();
});
