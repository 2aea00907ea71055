// Entry point of a cell: a child process that runs the scripts of tenants and nothing else. Its
// only ways out are descriptors that it inherits: two sockets for each worker, one to the main
// thread, and the flight record. Its environment is empty.
//
//     main.ts '{"control":3,"flight":4,"workers":[[1,5,6],[2,7,8]]}'

import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { entryUrl } from "../../base/entry.ts";
import { encodeJson, JsonReader } from "../../base/json-messages.ts";
import { ReadTap } from "../../base/read-tap.ts";
import { garbageCollector } from "../garbage-collector.ts";
import { nameThread } from "../processor-sampler.ts";
import { PROCESSOR_BYTES } from "../watch-loop.ts";
import { Watchdog } from "../watchdog.ts";
import { CellHost } from "./cell-host.ts";
import type { FromCell, ToCell } from "./control.ts";
import { FlightWriter } from "./flight.ts";
import type { PipeMessage } from "./pipe.ts";
import { PipeReader } from "./pipe-reader.ts";
import { PipeWriter } from "./pipe-writer.ts";

/** Descriptors by what they lead to. */
export interface CellDescriptors {
  readonly control: number;
  readonly flight: number;
  /** Of each worker its index, the socket that it writes to, and the one that it reads. */
  readonly workers: readonly (readonly [index: number, input: number, output: number])[];
}

/** A deployment has at most some MiB of script. */
const ORDER_BYTES_MAX = 67_108_864;
const BEAT_MS = 250;
const REPORT_MS = 1_000;

/** An isolate that outlived its disposal keeps `process.exit` from ever returning. */
function end(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("a cell outlived its end");
}

function run({ control, flight, workers }: CellDescriptors): void {
  const writer = new FlightWriter(flight);
  const processor = new SharedArrayBuffer(PROCESSOR_BYTES);
  nameThread(processor);
  new Worker(entryUrl("sandbox/cell/keeper"), { workerData: processor }).unref();
  const main = new Socket({ fd: control, readable: true, writable: true });
  const host = new CellHost({
    flight: writer,
    watchdog: new Watchdog(processor),
    tell: (message: FromCell) => main.write(encodeJson(message)),
    collect: garbageCollector(),
  });
  const reader = new JsonReader(ORDER_BYTES_MAX);
  main.on("data", (chunk: Buffer) => {
    // written by the main thread, whose word this process takes
    for (const message of reader.read(chunk)) host.told(message as ToCell);
  });
  main.on("close", end).on("error", end);
  for (const worker of workers) serve(host, worker);
  setInterval(() => writer.beat(), BEAT_MS);
  setInterval(() => host.report(), REPORT_MS);
}

function serve(host: CellHost, [index, input, output]: CellDescriptors["workers"][number]): void {
  const reader = new PipeReader();
  const tap = new ReadTap();
  const to = new Socket({ fd: output, writable: true });
  const writer = new PipeWriter(to);
  const worker = { index, send: (message: PipeMessage) => writer.send(message) };
  const receive = (message: PipeMessage): void => host.received(worker, message);
  tap.receiver = {
    onBytes: (bytes) => {
      reader.read(bytes, receive);
      return true;
    },
  };
  const from = new Socket({ fd: input, readable: true, onread: tap });
  for (const socket of [from, to]) socket.on("error", () => socket.destroy());
  from.on("close", () => {
    to.destroy();
    host.workerGone(index);
  });
}

run(JSON.parse(process.argv[2] ?? ""));
