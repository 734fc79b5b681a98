/**
 * A worker thread that posts the same body many times at once, as a pod of somebody else's would: what it takes is not taken
 * from the thread that started it. Tells the status of each answer; 0 for one that did not come.
 */
import { request } from "node:https";
import { parentPort, workerData } from "node:worker_threads";

const { count, body, options } = workerData;

const send = () =>
  new Promise(resolve => {
    const headers = { "Content-Type": "application/json" };
    const sent = request({ ...options, method: "POST", rejectUnauthorized: false, headers }, response => {
      response.resume().on("end", () => resolve(response.statusCode));
    });
    sent.on("error", () => resolve(0)).end(body);
  });

parentPort.postMessage(await Promise.all(Array.from({ length: count }, send)));
