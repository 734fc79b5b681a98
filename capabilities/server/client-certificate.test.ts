import { expect, test } from "@jest/globals";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { makeCertificates, type Identity } from "../../testbed/certificates";
import { askingForCertificates, clientAuthority, requiringCertificates } from "./client-certificate";

/** Keys take their time on a busy machine. */
const MILLISECONDS = 30_000;
const VARIABLE = "WEBHOOK_CLIENT_AUTHORITY";

/** What the server of the operator takes: in one process with its tests, this one may be it. */
const REVIEW = JSON.stringify({
  request: { uid: "1", operation: "CREATE", kind: { kind: "Pod" }, object: { metadata: {} } },
});

function send(port: number, method: string, client?: Identity): Promise<number> {
  return new Promise((resolve, reject) => {
    const shown = { cert: client?.certificate, key: client?.privateKey };
    const options = { port, method, rejectUnauthorized: false, ...shown };
    request(options, response => {
      response.resume().on("end", () => resolve(response.statusCode!));
    })
      .on("error", reject)
      .end(method === "POST" ? REVIEW : undefined);
  });
}

test(
  "with an authority, reviews come with its certificate; probes come without one",
  async () => {
    const [ours, strangers] = [await makeCertificates(), await makeCertificates()];
    const authority = clientAuthority({ [VARIABLE]: `\n${ours.authority}\n` });
    const serving = { cert: ours.serving.certificate, key: ours.serving.privateKey };
    const server = createServer(
      { ...serving, ...askingForCertificates(authority) },
      requiringCertificates(authority, (_request, response) => response.end()),
    );
    await new Promise<void>(resolve => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    expect(await send(port, "POST", ours.administrator)).toBe(200);
    expect(await send(port, "POST")).toBe(401);
    expect(await send(port, "POST", strangers.administrator)).toBe(401);
    expect(await send(port, "GET")).toBe(200);
    server.close();
  },
  MILLISECONDS,
);

test("without one, anybody may send reviews", () => {
  const authority = clientAuthority({ [VARIABLE]: " " });
  const listener = () => undefined;
  expect(askingForCertificates(authority)).toEqual({});
  expect(requiringCertificates(authority, listener)).toBe(listener);
});

test.each([
  ["a path", "/etc/ca.crt"],
  ["an empty one", "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----"],
])("%s is refused when the process starts", (_name, value) => {
  expect(() => clientAuthority({ [VARIABLE]: value })).toThrow(
    /WEBHOOK_CLIENT_AUTHORITY has the value ".*"; allowed: one or more certificates in PEM/s,
  );
});
