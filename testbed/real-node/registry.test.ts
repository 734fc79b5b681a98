import { expect, test } from "@jest/globals";
import { digestOf, makeImage } from "./image";
import { find } from "./registry";

const image = makeImage({ files: [{ path: "bin/" }], user: "1:1", command: ["sh"] }, "x64");
const images = new Map([["docker.io/library/busybox", image]]);

test.each([
  { name: "a tag", url: "/v2/library/busybox/manifests/1.37.0?ns=docker.io", expected: image.manifestDigest },
  {
    name: "a digest",
    url: `/v2/library/busybox/manifests/${image.manifestDigest}?ns=docker.io`,
    expected: image.manifestDigest,
  },
  { name: "another name", url: "/v2/library/nginx/manifests/latest?ns=docker.io", expected: undefined },
  { name: "another registry", url: "/v2/library/busybox/manifests/1?ns=quay.io", expected: undefined },
  { name: "an unknown blob", url: "/v2/library/busybox/blobs/sha256:0?ns=docker.io", expected: undefined },
  { name: "something else", url: "/v2/_catalog?ns=docker.io", expected: undefined },
])("$name", ({ url, expected }) => {
  expect(find(images, url)?.digest).toBe(expected);
});

test("the manifest leads to the configuration and the layer, by their digests and sizes", () => {
  const blob = (digest: string) => find(images, `/v2/library/busybox/blobs/${digest}?ns=docker.io`)!.content;
  const manifest = JSON.parse(blob(image.manifestDigest).toString()) as {
    config: { digest: string; size: number };
    layers: { digest: string; size: number }[];
  };
  for (const { digest, size } of [manifest.config, ...manifest.layers]) {
    expect(digestOf(blob(digest))).toBe(digest);
    expect(blob(digest)).toHaveLength(size);
  }
  const config = JSON.parse(blob(manifest.config.digest).toString()) as object;
  expect(config).toMatchObject({
    architecture: "amd64",
    config: { User: "1:1", Cmd: ["sh"] },
    rootfs: { diff_ids: [manifest.layers[0]!.digest] },
  });
});
