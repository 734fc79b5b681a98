/** Health questions to servers that may not be up yet. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

const TIMEOUT_MILLISECONDS = 2_000;

/**
 * Whether a GET of that address answers 200. No connection, no answer within 2 s and any other status count
 * as no.
 *
 * @param authority PEM certificate that an https server's is checked against
 */
export function answers(url: string, authority: string): Promise<boolean> {
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise(resolve => {
    const sent = request(url, { ca: authority, agent: false, timeout: TIMEOUT_MILLISECONDS }, response => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(false));
    sent.end();
  });
}
