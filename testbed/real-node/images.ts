/**
 * The images that the real node has, made of this machine's static busybox: what a placeholder runs, and a shell under
 * each name that steps and the stand-in for Tekton ask for. And what the operator's own pods run.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { makeImage, type Image, type ImageSource } from "./image";
import { OPERATOR_IMAGE, operatorFiles } from "./operator-image";
import type { TarEntry } from "./tar";

/** Waits until it is ended, as the pause image does. */
const PAUSE = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait; done";

/** Stands for Tekton's, which is called `entrypoint -entrypoint PROGRAM … -- ARGUMENTS`. A script is not in the pod. */
const ENTRYPOINT = `#!/bin/sh
[ "$1" = init ] && exit 0
program=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  [ "$1" = -entrypoint ] && program=$2
  shift
done
shift
case "$program" in
  "" | /tekton/scripts/*) exit 0 ;;
esac
exec "$program" "$@"
`;

const script = (path: string, text: string): TarEntry => ({ path, content: Buffer.from(text) });

function shellFiles(busybox: string): TarEntry[] {
  const applets = execFileSync(busybox, ["--list"], { encoding: "utf8" }).trim().split("\n");
  return [
    ...["bin/", "dev/", "etc/", "proc/", "root/", "sys/"].map(path => ({ path })),
    { path: "tmp/", mode: 0o1777 },
    { path: "bin/busybox", content: readFileSync(busybox) },
    ...applets.filter(name => name !== "busybox").map(name => ({ path: `bin/${name}`, link: "busybox" })),
    script("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
    script("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
  ];
}

const directories = (...paths: string[]): TarEntry[] => paths.map(path => ({ path }));

/** Also what the containers need that the stand-in for Tekton gives its pods: no image of its own has it there. */
function shellImage(busybox: string): ImageSource {
  return {
    files: [
      ...shellFiles(busybox),
      ...directories("ko-app/", "tekton/", "tekton/bin/", "workspace/"),
      script("ko-app/entrypoint", ENTRYPOINT),
      script("ko-app/workingdirinit", '#!/bin/sh\nmkdir -p "$@"\n'),
      script("tekton/bin/entrypoint", ENTRYPOINT),
    ],
    command: ["sh"],
  };
}

function pauseImage(busybox: string): ImageSource {
  // The real one's user: with runAsNonRoot a kubelet refuses an image that has none.
  return { files: shellFiles(busybox), user: "65535:65535", command: ["sh", "-c", PAUSE] };
}

/** As Docker's image for Node, which Pepr's is made from, has it. */
const NODE_ENTRYPOINT = `#!/bin/sh
set -e
if [ "\${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ] || { [ -f "$1" ] && ! [ -x "$1" ]; }; then
  set -- node "$@"
fi
exec "$@"
`;

function operatorImage(busybox: string): ImageSource {
  return {
    files: [
      ...shellFiles(busybox),
      script("usr/local/bin/docker-entrypoint.sh", NODE_ENTRYPOINT),
      ...operatorFiles(),
    ],
    user: "65532",
    entrypoint: ["docker-entrypoint.sh"],
    command: ["node"],
    directory: "/app",
  };
}

/** By names without tag; those of Docker's registry in full. */
export type Images = Pick<ReadonlyMap<string, Image>, "get">;

/** Init containers of the stand-in for Tekton have these, see tekton-stand-in/task/containers.ts. */
const TEKTON_STAND_IN_IMAGES = ["docker.io/library/e", "docker.io/library/s", "docker.io/library/w"];

/** @param busybox path of a static executable */
export function makeImages(busybox: string): Images {
  const shell = makeImage(shellImage(busybox), process.arch);
  const pause = makeImage(pauseImage(busybox), process.arch);
  const shells = ["docker.io/library/busybox", "docker.io/library/alpine", ...TEKTON_STAND_IN_IMAGES];
  const small = new Map([["registry.k8s.io/pause", pause], ...shells.map(name => [name, shell] as const)]);
  let operator: Image | undefined;
  return {
    // Large, and seldom asked for.
    get: name =>
      name === OPERATOR_IMAGE
        ? (operator ??= makeImage(operatorImage(busybox), process.arch))
        : small.get(name),
  };
}
