/** Kubernetes quantities, as far as a division among steps needs them. */

const factors: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const wholeOnly = new Set(["memory", "ephemeral-storage"]);

/** @throws Error when the text is not a quantity */
export function parseQuantity(text: string): { value: number; isBinary: boolean } {
  const match = /^([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(n|u|m|k|M|G|T|P|E|[KMGTPE]i)?$/.exec(text);
  if (!match) throw new Error(`"${text}" is not a quantity`);
  const suffix = match[2] ?? "";
  return { value: Number(match[1]) * factors[suffix]!, isBinary: suffix.endsWith("i") };
}

/** The shortest text for a whole number of units, or of thousandths of them. */
function formatQuantity(value: number, isBinary: boolean): string {
  const suffixes = isBinary ? ["Ei", "Pi", "Ti", "Gi", "Mi", "Ki"] : ["E", "P", "T", "G", "M", "k"];
  const suffix = value === 0 ? undefined : suffixes.find(item => Number.isInteger(value / factors[item]!));
  if (suffix) return `${value / factors[suffix]!}${suffix}`;
  return Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`;
}

/**
 * An equal share of each quantity: whole bytes of memory and storage, thousandths of all else, rounded down.
 *
 * @returns undefined when there is nothing to share
 */
export function share(
  quantities: Record<string, string> | undefined,
  parts: number,
): Record<string, string> | undefined {
  const entries = Object.entries(quantities ?? {});
  if (entries.length === 0 || parts === 0) return undefined;
  return Object.fromEntries(
    entries.map(([name, text]) => {
      const { value, isBinary } = parseQuantity(text);
      // The small term keeps 0.3 × 1000 from becoming 299.
      const thousandths = Math.floor((value * 1000) / parts + 1e-6);
      const part = wholeOnly.has(name) ? Math.floor(value / parts) : thousandths / 1000;
      return [name, formatQuantity(part, isBinary)];
    }),
  );
}
