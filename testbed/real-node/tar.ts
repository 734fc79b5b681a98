/** A tar archive in the format that image layers have (POSIX ustar). Pure. */
export interface TarEntry {
  /** Without a leading slash, at most 100 bytes, or 255 with a slash in the right place; a directory's ends in a slash. */
  path: string;
  /** Permission bits. Default: 0755. */
  mode?: number;
  content?: Buffer;
  /** Where a symbolic link points to; at most 100 bytes. */
  link?: string;
}

const BLOCK = 512;
/** Offset and length of the fields of a header. */
const NAME = [0, 100] as const;
const CHECKSUM = [148, 8] as const;
const LINK = [157, 100] as const;
const PREFIX = [345, 155] as const;

/** The same entries give the same bytes: all belong to root and are of 1970. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(entry => {
    const content = entry.content ?? Buffer.alloc(0);
    return [header(entry, content.length), content, Buffer.alloc(padding(content.length))];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

const padding = (length: number): number => (BLOCK - (length % BLOCK)) % BLOCK;

function typeOf({ path, link }: TarEntry): string {
  if (link !== undefined) return "2";
  return path.endsWith("/") ? "5" : "0";
}

/** What does not fit into the field of the name goes before it, up to a slash that is left out. */
function inTwo(path: string): [string, string] {
  if (Buffer.byteLength(path) <= NAME[1]) return ["", path];
  const slash = path.indexOf("/", path.length - NAME[1] - 1);
  return slash < 0 ? ["", path] : [path.slice(0, slash), path.slice(slash + 1)];
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const text = (value: string, [offset, length]: readonly [number, number]): void => {
    if (Buffer.byteLength(value) > length) throw new Error(`"${value}" is too long for a tar header`);
    block.write(value, offset);
  };
  const octal = (value: number, offset: number, length: number): void =>
    text(value.toString(8).padStart(length - 1, "0"), [offset, length]);
  const [prefix, name] = inTwo(entry.path);
  text(prefix, PREFIX);
  text(name, NAME);
  octal(entry.mode ?? 0o755, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  text(typeOf(entry), [156, 1]);
  text(entry.link ?? "", LINK);
  text("ustar\u000000", [257, 8]);
  // The sum counts its own field as spaces.
  block.fill(" ", CHECKSUM[0], CHECKSUM[0] + CHECKSUM[1]);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(`${sum.toString(8).padStart(6, "0")}\u0000 `, CHECKSUM);
  return block;
}
