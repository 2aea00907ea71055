// What a cell does with what it is told: deployments come and go, turns come from the workers and
// their frames go back. It holds no connection, no token, no file: whatever a script makes of this
// process, there is nothing in it but the scripts of its tenants.

import { CONTROL } from "../../wire/control.ts";
import { FRAME_RECORDS_MAX } from "../../wire/records.ts";
import { messageOf } from "../death.ts";
import { FrameFault, type OutFrame } from "../decode.ts";
import { type LoadResult, type RuntimeCode, ScriptIsolate } from "../engine.ts";
import type { Watchdog } from "../watchdog.ts";
import { CellCounters } from "./cell-counters.ts";
import { CellValues } from "./cell-values.ts";
import type { CellDeployment, FromCell, TenantSize, ToCell } from "./control.ts";
import { FLIGHT, type FlightWriter } from "./flight.ts";
import { BLANK, encodeMessage, PIPE, PIPE_BYTES_MAX, type PipeMessage } from "./pipe.ts";
import { Resident } from "./resident.ts";
import { Residents } from "./residents.ts";

/** A worker, as the cell sees it. */
export interface WorkerEnd {
  readonly index: number;
  send(message: Buffer): void;
}

export interface CellHostOptions {
  readonly flight: FlightWriter;
  readonly watchdog: Watchdog;
  readonly tell: (message: FromCell) => void;
}

const STRAY_CHARS_MAX = 1_024;
/** Isolates that wait for the first turn of their deployment; others are made when it comes. */
const TRIED_MAX = 64;

export class CellHost {
  readonly #options: CellHostOptions;
  readonly #deployments = new Map<number, CellDeployment>();
  readonly #counters = new Map<string, CellCounters>();
  readonly #residents = new Residents();
  readonly #values = new CellValues();
  /** Isolates made to try a deployment, until its first turn comes. */
  readonly #tried = new Map<number, ScriptIsolate>();
  #runtime: RuntimeCode = { kernel: "", url: "" };
  #turns = 0;

  constructor(options: CellHostOptions) {
    this.#options = options;
  }

  told(message: ToCell): void {
    switch (message.type) {
      case "begin":
        this.#runtime = message.runtime;
        this.#options.tell({ type: "ready" });
        break;
      case "tenant":
        this.#counters.set(message.name, new CellCounters(message.counters));
        break;
      case "counter":
        this.#counters.get(message.tenant)?.add(message.name, BigInt(message.delta));
        break;
      case "load":
        this.#load(message.deployment, message.isTried);
        break;
      case "unload":
        this.#unload(message.key);
        break;
      case "leave":
        this.#leave(message.name);
    }
  }

  received(worker: WorkerEnd, message: PipeMessage): void {
    if (message.kind === PIPE.RELEASE) this.#residents.drop(worker.index, message.lane);
    if (message.kind === PIPE.VALUES) this.#values.receive(message);
    if (message.kind === PIPE.TURN) this.#turn(worker, message);
  }

  workerGone(index: number): void {
    this.#residents.dropWorker(index);
  }

  /** To be called about once a second. */
  report(): void {
    this.#residents.sweep();
    const sizes = new Map<string, number>();
    for (const { key, isolate } of this.#residents) {
      const name = this.#deployments.get(key)?.tenant ?? "";
      sizes.set(name, (sizes.get(name) ?? 0) + isolate.heapBytes());
    }
    const tenants = [...sizes].map(([name, heapBytes]): TenantSize => ({ name, heapBytes }));
    this.#options.tell({ type: "report", turns: this.#turns, tenants });
  }

  #load(deployment: CellDeployment, isTried: boolean): void {
    const { key } = deployment;
    this.#deployments.set(key, deployment);
    this.#options.tell({ type: "loaded", key, result: isTried ? null : this.#try(deployment) });
  }

  #try(deployment: CellDeployment): LoadResult {
    let isolate: ScriptIsolate;
    try {
      isolate = this.#isolate(deployment, { worker: 0, lane: 0, turn: 0 });
    } catch (thrown) {
      return { error: { message: messageOf(thrown), stack: "" } };
    } finally {
      this.#options.flight.idle();
    }
    if ("error" in isolate.loaded || this.#tried.size >= TRIED_MAX) isolate.dispose();
    else this.#tried.set(deployment.key, isolate);
    return isolate.loaded;
  }

  #unload(key: number): void {
    this.#residents.dropKey(key);
    this.#tried.get(key)?.dispose();
    this.#tried.delete(key);
    this.#deployments.delete(key);
    this.#values.drop(key);
  }

  #leave(tenant: string): void {
    for (const [key, deployment] of this.#deployments) {
      if (deployment.tenant === tenant) this.#unload(key);
    }
    this.#counters.delete(tenant);
  }

  #turn(worker: WorkerEnd, message: PipeMessage): void {
    const deployment = this.#deployments.get(message.key);
    // between two cells a tenant takes no turn, so this is none that anybody waits for
    if (deployment === undefined) return;
    this.#turns++;
    try {
      const resident = this.#residentOf(deployment, worker, message);
      if (resident === null) return;
      this.#cross(deployment, resident, { worker, message });
    } finally {
      this.#options.flight.idle();
    }
  }

  #cross(deployment: CellDeployment, resident: Resident, at: TurnPlace): void {
    const { worker, message } = at;
    const { key, lane, turn } = message;
    const reply = { ...BLANK, key, lane, turn };
    const running = { state: FLIGHT.turn, worker: worker.index, key, lane, turn };
    const counters = this.#countersOf(deployment.tenant);
    resident.isolate.freshen(this.#values.of(key));
    const end = resident.turn(message, {
      enter: () => this.#options.flight.write(running),
      emit: (out, isLast) => {
        const sent = { ...reply, kind: PIPE.OUT, ...checked(out), isLast };
        worker.send(encodeMessage({ ...sent, counters: counters.takeNotes() }));
      },
      stray: (text) => worker.send(strayMessage(reply, text)),
    });
    if (end === null) return;
    const { control } = resident.isolate.windows;
    const words = new Int32Array(6);
    words[0] = control[CONTROL.CALL_ID] ?? 0;
    words[1] = control[CONTROL.HOOK] ?? 0;
    words[2] = control[CONTROL.IN_MICROTASKS] ?? 0;
    words[3] = control[CONTROL.KILLED] ?? 0;
    this.#residents.drop(worker.index, lane);
    const text = end.fault === null ? "" : asciiOf(end.fault.message);
    worker.send(encodeMessage({ ...reply, kind: PIPE.LOST, words, count: 1, text }));
  }

  /** Null: the isolate cannot be made, and the worker knows. */
  #residentOf(deployment: CellDeployment, worker: WorkerEnd, at: PipeMessage): Resident | null {
    const { key, lane, turn } = at;
    const known = this.#residents.get(worker.index, lane);
    if (known !== undefined) return known;
    try {
      const running = { worker: worker.index, lane, turn };
      const isolate = this.#tried.get(key) ?? this.#isolate(deployment, running);
      this.#tried.delete(key);
      if ("error" in isolate.loaded) throw new Error(isolate.loaded.error.message);
      const resident = new Resident(key, isolate);
      this.#residents.add(worker.index, lane, resident);
      return resident;
    } catch (thrown) {
      const words = new Int32Array([0, 0, 0, 0, 1, 0]);
      const text = asciiOf(messageOf(thrown));
      const reply = { ...BLANK, kind: PIPE.LOST, key, lane, turn, words, count: 1, text };
      worker.send(encodeMessage(reply));
      return null;
    }
  }

  #isolate(deployment: CellDeployment, at: Place): ScriptIsolate {
    const { key, tenant, script, env, limits, memoryMiB, startupMs, hookMs } = deployment;
    this.#options.flight.write({ state: FLIGHT.start, key, ...at });
    const counters = this.#countersOf(tenant);
    const isolate = new ScriptIsolate({
      ...{ runtime: this.#runtime, script, env, limits, memoryMiB, startupMs },
      counters: counters.buffer,
      slotOf: (name) => counters.slotOf(name, limits.counters),
    });
    this.#options.watchdog.watch(isolate, hookMs);
    return isolate;
  }

  #countersOf(tenant: string): CellCounters {
    const known = this.#counters.get(tenant);
    if (known !== undefined) return known;
    const made = new CellCounters([]);
    this.#counters.set(tenant, made);
    return made;
  }
}

interface Place {
  readonly worker: number;
  readonly lane: number;
  readonly turn: number;
}

interface TurnPlace {
  readonly worker: WorkerEnd;
  readonly message: PipeMessage;
}

/** The script may have made these lengths up: nothing is sent that the worker would not take. */
function checked(out: OutFrame): OutFrame {
  const { count, text, bytes } = out;
  if (count < 0 || count > FRAME_RECORDS_MAX) throw new FrameFault(`${count} records`);
  const size = text.length + bytes.length;
  if (size > PIPE_BYTES_MAX / 2) throw new FrameFault(`a frame of ${size} bytes`);
  return out;
}

function strayMessage(reply: PipeMessage, text: string): Buffer {
  return encodeMessage({ ...reply, kind: PIPE.STRAY, text: asciiOf(text) });
}

/** For words of ours and the engine's about an error: a latin1 section takes no other. */
const asciiOf = (text: string): string =>
  text.slice(0, STRAY_CHARS_MAX).replace(/[^\t\x20-\x7e]/g, "?");
