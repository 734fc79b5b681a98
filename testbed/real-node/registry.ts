/** A container registry on loopback: serves images that were made here in place of the registries of their names. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { freePorts } from "../ports";
import type { Blob, Image } from "./image";
import type { Images } from "./images";

export interface Registry {
  /** `http://127.0.0.1:port` */
  readonly address: string;
  stop(): Promise<void>;
}

interface Answer extends Blob {
  digest: string;
}

const PATH = /^\/v2\/(?<repository>.+)\/(?:manifests|blobs)\/(?<reference>[^/]+)$/;

/**
 * What a request for a manifest or blob is answered with. Every tag of a name is the one image of that name.
 *
 * @param url path and query; `ns` is the registry that is stood in for
 */
export function find(images: Images, url: string): Answer | undefined {
  const { pathname, searchParams } = new URL(url, "http://registry");
  const parts = PATH.exec(pathname)?.groups;
  const image = images.get(`${searchParams.get("ns")}/${parts?.repository}`);
  if (parts === undefined || image === undefined) return undefined;
  const digest = digestFor(image, parts.reference!);
  const blob = image.blobs.get(digest);
  return blob && { digest, ...blob };
}

const digestFor = (image: Image, reference: string): string =>
  reference.startsWith("sha256:") ? reference : image.manifestDigest;

function serve(images: Images, request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url!, "http://registry");
  if (pathname === "/v2/") return void response.writeHead(200).end();
  const answer = find(images, request.url!);
  // containerd then asks the registry of the image's name.
  if (answer === undefined) return void response.writeHead(404).end();
  response.writeHead(200, {
    "Content-Type": answer.mediaType,
    "Content-Length": answer.content.length,
    "Docker-Content-Digest": answer.digest,
  });
  response.end(request.method === "HEAD" ? undefined : answer.content);
}

export async function startRegistry(images: Images): Promise<Registry> {
  const [port] = await freePorts(1);
  const server = createServer((request, response) => serve(images, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return {
    address: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
