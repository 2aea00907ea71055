// The second thread of a cell, for what the first cannot do while a script runs on it: it tells
// the watchdog how much processor time that thread has used, and ends the process when its host is
// gone. Standard input is a pipe that the host holds open for as long as it lives.

import { Socket } from "node:net";
import { workerData } from "node:worker_threads";
import { ProcessorSampler } from "../processor-sampler.ts";

const STANDARD_INPUT = 0;

new ProcessorSampler(workerData);
const host = new Socket({ fd: STANDARD_INPUT, readable: true });
const end = (): void => {
  process.kill(process.pid, "SIGKILL");
};
host.on("end", end).on("close", end).on("error", end).resume();
