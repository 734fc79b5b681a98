/** A lock between processes: one file, held by the process that could create it. */
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

export interface LockOptions {
  /** Give up after waiting this long. */
  timeoutMilliseconds: number;
  /** Called once, when somebody else holds the lock, with what its file says. */
  onWait(holder: string): void;
}

/** A holder renews its file this often; one that is not renewed for STALE_MILLISECONDS is taken over. */
const RENEW_MILLISECONDS = 5_000;
const STALE_MILLISECONDS = 30_000;
const FIRST_RETRY_MILLISECONDS = 100;
const LAST_RETRY_MILLISECONDS = 2_000;

/**
 * Runs `work` while holding the lock of that file.
 *
 * Two processes that find the same stale lock in the same instant can both go on. What is done under
 * the lock must therefore be safe to do twice; the lock saves work, it does not guard correctness.
 *
 * @throws Error when the lock is not free within the bound
 */
export async function withFileLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  await acquire(path, options);
  const renewal = setInterval(() => {
    const now = new Date();
    // A lock that was taken away is noticed by nobody but us, and work under it is safe to do twice.
    utimes(path, now, now).catch(() => clearInterval(renewal));
  }, RENEW_MILLISECONDS);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await rm(path, { force: true });
  }
}

async function acquire(path: string, options: LockOptions): Promise<void> {
  const deadline = Date.now() + options.timeoutMilliseconds;
  let retry = FIRST_RETRY_MILLISECONDS;
  let told = false;
  while (!(await tryCreate(path))) {
    if (await takeOverIfStale(path)) continue;
    if (!told) {
      options.onWait((await readFile(path, "utf8").catch(() => "")).trim());
      told = true;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${path} was held by another process for ${Math.round(options.timeoutMilliseconds / 1000)} s. ` +
          "If no other test bed is being built, delete that file and start again.",
      );
    }
    await delay(retry);
    retry = Math.min(retry * 2, LAST_RETRY_MILLISECONDS);
  }
}

async function tryCreate(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(`process ${process.pid}\n`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Whether the lock is worth trying again at once: its holder has gone. */
async function takeOverIfStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs < STALE_MILLISECONDS) return false;
    const aside = `${path}.stale-${process.pid}`;
    await rename(path, aside);
    await rm(aside, { force: true });
    return true;
  } catch (error) {
    // Released or taken over by another between two of our calls.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}
