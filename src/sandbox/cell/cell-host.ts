// What a cell does with its messages: deployments come and go, turns come from the workers, and
// their frames go back. It holds no connection, no token and no file. Whatever a script does to
// this process, it finds nothing but the scripts of its tenants.

import { namesRateLimits } from "../../state/limit-tables.ts";
import { messageOf } from "../death.ts";
import { ScriptIsolate } from "../engine.ts";
import type { RuntimeCode } from "../isolate-options.ts";
import type { LoadResult } from "../load-result.ts";
import { processorMs } from "../processor-ms.ts";
import { startTwice } from "../start.ts";
import type { Watchdog } from "../watchdog.ts";
import { CellCounters } from "./cell-counters.ts";
import { CellLimits, NO_LIMITS } from "./cell-limits.ts";
import { asciiOf, CellTurn, type WorkerEnd } from "./cell-turn.ts";
import { CellValues } from "./cell-values.ts";
import type { CellDeployment, FromCell, TenantSize, ToCell } from "./control.ts";
import { FLIGHT, type FlightWriter } from "./flight.ts";
import { Garbage } from "./garbage.ts";
import { BLANK, PIPE, type PipeMessage } from "./pipe.ts";
import { Resident } from "./resident.ts";
import { Residents } from "./residents.ts";
import { TriedIsolates } from "./tried-isolates.ts";
import { TurnQueue } from "./turn-queue.ts";

export interface CellHostOptions {
  readonly flight: FlightWriter;
  readonly watchdog: Watchdog;
  readonly tell: (message: FromCell) => void;
  /** Collects the garbage of this process's own heap. */
  readonly collect: () => void;
}

export class CellHost {
  readonly #options: CellHostOptions;
  readonly #deployments = new Map<number, CellDeployment>();
  readonly #counters = new Map<string, CellCounters>();
  readonly #limits = new Map<string, CellLimits>();
  readonly #garbage: Garbage;
  #residents: Residents;
  readonly #values = new CellValues();
  readonly #queue: TurnQueue;
  readonly #tried = new TriedIsolates();
  #runtime: RuntimeCode = { kernel: "", extras: [] };
  #turns = 0;

  constructor(options: CellHostOptions) {
    this.#options = options;
    this.#garbage = new Garbage(options.collect);
    this.#residents = new Residents(0, this.#garbage);
    this.#queue = new TurnQueue({
      isShared: () => this.#counters.size > 1,
      rested: () => options.flight.idle(),
      processorMs,
    });
  }

  told(message: ToCell): void {
    switch (message.type) {
      case "begin":
        this.#runtime = message.runtime;
        this.#residents = new Residents(message.keptBytes, this.#garbage);
        this.#options.tell({ type: "ready" });
        break;
      case "tenant":
        this.#counters.set(message.name, new CellCounters(message.counters));
        this.#limits.set(message.name, new CellLimits(message.limits));
        break;
      case "counter":
        this.#counters.get(message.tenant)?.add(message.name, BigInt(message.delta));
        break;
      case "limit reset":
        this.#limits.get(message.tenant)?.reset(message.name, message.key);
        break;
      case "limit holds":
      case "limit news":
        this.#limits.get(message.tenant)?.hear(message);
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
    const { kind, text } = message;
    if (kind === PIPE.TURN || kind === PIPE.TRACED_TURN) this.#turn(worker, message);
    if (kind === PIPE.RELEASE) this.#release(worker, message.lane);
    if (kind === PIPE.VALUES) this.#values.receive(message);
    // not before the kind is known: to look a turn's text up would be to hash all of it
    if (kind === PIPE.LEFT) this.#limits.get(text)?.left(worker.index, message.words);
    if (kind === PIPE.HELD) this.#limits.get(text)?.heldBy(worker.index, message.limits);
  }

  workerGone(index: number): void {
    this.#queue.drop(index);
    this.#residents.dropWorker(index);
    for (const limits of this.#limits.values()) limits.workerGone(index);
  }

  /** To be called about once a second. */
  report(): void {
    this.#tried.sweep();
    this.#residents.sweep();
    const sizes = new Map<string, number>();
    for (const { key, size } of this.#residents) {
      const name = this.#deployments.get(key)?.tenant ?? "";
      sizes.set(name, (sizes.get(name) ?? 0) + size.usedBytes);
    }
    const tenants = [...sizes].map(([name, heapBytes]): TenantSize => ({ name, heapBytes }));
    this.#options.tell({ type: "report", turns: this.#turns, tenants });
  }

  #release({ index }: WorkerEnd, lane: number): void {
    this.#queue.drop(index, lane);
    this.#residents.drop(index, lane);
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
    if ("error" in isolate.loaded) isolate.dispose();
    else this.#tried.add(deployment.key, isolate);
    return isolate.loaded;
  }

  #unload(key: number): void {
    this.#residents.dropKey(key);
    this.#tried.drop(key);
    this.#deployments.delete(key);
    this.#values.drop(key);
  }

  #leave(tenant: string): void {
    for (const [key, deployment] of this.#deployments) {
      if (deployment.tenant === tenant) this.#unload(key);
    }
    this.#counters.delete(tenant);
    this.#limits.delete(tenant);
    this.#queue.forget(tenant);
  }

  #turn(worker: WorkerEnd, message: PipeMessage): void {
    const deployment = this.#deployments.get(message.key);
    // between two cells a tenant takes no turn, so this is none that anybody waits for
    if (deployment === undefined) return;
    this.#turns++;
    const { tenant } = deployment;
    const turn = new CellTurn({
      tenant,
      worker,
      message,
      counters: this.#countersOf(tenant),
      limits: this.#limitsOf(tenant),
      flight: this.#options.flight,
      hookMs: deployment.hookMs,
      open: () => this.#open(deployment, worker, message),
      drop: () => this.#residents.drop(worker.index, message.lane),
    });
    this.#queue.take(turn);
  }

  #open(deployment: CellDeployment, worker: WorkerEnd, message: PipeMessage): Resident | null {
    // it may have gone while the turn waited for others
    if (this.#deployments.get(message.key) !== deployment) return null;
    const resident = this.#residentOf(deployment, worker, message);
    resident?.isolate.freshen(this.#values.of(message.key));
    return resident;
  }

  /** Null: the isolate cannot be made, and the worker knows. */
  #residentOf(deployment: CellDeployment, worker: WorkerEnd, at: PipeMessage): Resident | null {
    const { key, lane, turn } = at;
    const known = this.#residents.get(worker.index, lane);
    if (known !== undefined) return known;
    try {
      const running = { worker: worker.index, lane, turn };
      const isolate = this.#tried.take(key) ?? this.#isolate(deployment, running);
      if ("error" in isolate.loaded) throw new Error(isolate.loaded.error.message);
      const resident = new Resident(key, isolate);
      this.#residents.add(worker.index, lane, resident);
      return resident;
    } catch (thrown) {
      const words = new Int32Array([0, 0, 0, 1, 0, 0]);
      const text = asciiOf(messageOf(thrown));
      const reply = { ...BLANK, kind: PIPE.LOST, key, lane, turn, words, count: 1, text };
      worker.send(reply);
      return null;
    }
  }

  #isolate(deployment: CellDeployment, at: Place): ScriptIsolate {
    const { key, tenant, script, env, limits, memoryMiB, startupMs } = deployment;
    const counters = this.#countersOf(tenant);
    const options = {
      ...{ runtime: this.#runtime, script, env, limits, memoryMiB, startupMs },
      counters: counters.buffer,
      slotOf: (name: string) => counters.hold(name, limits.counters),
      releaseSlots: (slots: Iterable<number>) => counters.release(slots),
      rateLimits: namesRateLimits(script.code)
        ? this.#limitsOf(tenant).source(limits.rateLimits)
        : null,
    };
    const { flight, watchdog } = this.#options;
    const start = (): ScriptIsolate => {
      flight.write({ state: FLIGHT.start, key, ...at });
      return new ScriptIsolate(options, (isolate) => watchdog.watch(isolate, deployment));
    };
    return startTwice(start, startupMs);
  }

  #limitsOf(tenant: string): CellLimits {
    const known = this.#limits.get(tenant);
    if (known !== undefined) return known;
    const made = new CellLimits(NO_LIMITS);
    this.#limits.set(tenant, made);
    return made;
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
