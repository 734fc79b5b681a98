/**
 * Ends what a driver leaves behind. It reads one JSON object a line from its standard input:
 *   {"add": pid}           a child that leads a process group of its own
 *   {"remove": pid}        that child has ended
 *   {"directory": path}    to be removed at the end
 *   {"afterwards": [command, ...arguments]}    to be run before that
 * When the input closes - the driver has ended, crashed or was killed - it sends SIGTERM to the groups of
 * all children that are left, SIGKILL after a bound, runs the commands, removes the directories and ends.
 *
 * Plain JavaScript, so that it starts at once and needs nothing but Node.
 */
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const TERMINATION_MILLISECONDS = 5_000;
const POLL_MILLISECONDS = 50;
const COMMAND_MILLISECONDS = 90_000;

const children = new Set();
const directories = new Set();
const commands = [];

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.add !== undefined) children.add(message.add);
  if (message.remove !== undefined) children.delete(message.remove);
  if (message.directory !== undefined) directories.add(message.directory);
  if (message.afterwards !== undefined) commands.unshift(message.afterwards);
}

signalAll("SIGTERM");
const deadline = Date.now() + TERMINATION_MILLISECONDS;
while (signalAll(0) && Date.now() < deadline) await delay(POLL_MILLISECONDS);
signalAll("SIGKILL");
// One that fails keeps no other from being run; nobody is left to be told.
for (const [command, ...args] of commands) spawnSync(command, args, { timeout: COMMAND_MILLISECONDS });
for (const directory of directories) {
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Whether any group was still there to be signalled; 0 only asks. */
function signalAll(signal) {
  let anyLeft = false;
  for (const pid of children) {
    try {
      process.kill(-pid, signal);
      anyLeft = true;
    } catch {
      children.delete(pid); // ESRCH: the whole group has gone.
    }
  }
  return anyLeft;
}
