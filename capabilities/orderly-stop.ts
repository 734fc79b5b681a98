/**
 * Work that is done before the process ends in order. Pepr ends it as soon as its server is closed, which
 * can be before a request has its answer, so the exit waits; and without a handler Ctrl-C would not wait
 * for anything.
 *
 * @param work must come to an end by itself; called once
 */
export function beforeOrderlyStop(work: () => Promise<void>): void {
  let done: Promise<void> | undefined;
  const exit = process.exit.bind(process);
  const finish = (): Promise<void> => (done ??= work());
  process.exit = ((code?: number) => void finish().finally(() => exit(code))) as typeof process.exit;
  process.once("SIGTERM", () => void finish());
  // 128 + 2, as a shell reports it.
  process.once("SIGINT", () => process.exit(130));
}
