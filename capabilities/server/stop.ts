/** The orderly end of the process. */
import { Log } from "pepr";

/** Under the chart's terminationGracePeriodSeconds, so that a process that hangs still says so. */
const LONGEST_MILLISECONDS = 25_000;

type Work = () => Promise<void>;

const works: Work[] = [];

/** Work that has to be done before the process ends. All of it is done at once. */
export function onStop(work: Work): void {
  works.push(work);
}

/**
 * At SIGTERM (or SIGINT, as of Ctrl-C) does all that was registered, then exits with 0; with 1 when it fails
 * or takes longer than 25 s. Takes the place of pepr's own handler, which drops requests that are still sent
 * here.
 */
export function stopAtSignal(): void {
  process.removeAllListeners("SIGTERM");
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    Log.info("Stopping.");
    setTimeout(() => {
      Log.error(`Not stopped after ${LONGEST_MILLISECONDS / 1000} s; ending all the same.`);
      process.exit(1);
    }, LONGEST_MILLISECONDS);
    Promise.all(works.map(work => work())).then(
      () => {
        Log.info("Stopped.");
        process.exit(0);
      },
      (error: unknown) => {
        Log.error(error, "Stopping failed.");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
}
