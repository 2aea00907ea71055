// A proxy whose tenants' scripts run in cells: a subject, whose script a test gives, and two
// neighbours under load, for tests of what happens when cells die.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CountedLoad } from "./counted-load.ts";
import { type LogLine, type ProxyOptions, TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";
import { LOAD_PAUSE_MS } from "./steady-load.ts";

const run = promisify(execFile);

/** Answers with a number that no two answers share. */
export const COUNTS = `import { counter, definePhases } from "sluice";
const hits = counter("hits");
export default definePhases({
  newCtx: () => ({ n: 0 }),
  requestFilter(session, ctx) { ctx.n = hits.incr(); },
  upstreamPeer() { return "none"; },
  proxyUpstreamFilter(session, ctx) { return new Response("n=" + ctx.n); },
});`;

export interface StandOptions extends Pick<ProxyOptions, "env" | "nodeArgs"> {
  readonly files?: Readonly<Record<string, string>>;
  readonly tenants: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly config?: Readonly<Record<string, unknown>>;
}

export class CellStand implements AsyncDisposable {
  readonly proxy: TestProxy;

  private constructor(proxy: TestProxy) {
    this.proxy = proxy;
  }

  /** Each tenant has the host `NAME.example` and runs `NAME.ts`, or what its settings say. */
  static async start(options: StandOptions): Promise<CellStand> {
    const { files = {}, tenants, config = {}, ...rest } = options;
    const entries = Object.entries(tenants).map(([name, settings]) => {
      const upstreams = { none: { peers: ["127.0.0.1:9"] } };
      const hosts = [`${name}.example`];
      return [name, { hosts, isolation: "process", script: `${name}.ts`, upstreams, ...settings }];
    });
    const all = { log: { level: "debug" }, ...config, tenants: Object.fromEntries(entries) };
    return new CellStand(await TestProxy.start({ files, config: all, ...rest }));
  }

  /** Status and body of one request. */
  async ask(tenant: string, target = "/"): Promise<{ status: number; body: string }> {
    const { status, body } = await exchange(
      this.proxy.port,
      `GET ${target} HTTP/1.1\r\nHost: ${tenant}.example\r\nConnection: close\r\n\r\n`,
    );
    return { status, body };
  }

  /** Constant requests to a tenant that runs COUNTS. */
  load(tenant: string, connections = 4, pauseMs = 0): CountedLoad {
    return new CountedLoad(this.proxy.port, connections, { host: `${tenant}.example`, pauseMs });
  }

  /** The same at a pace, beside something else that takes its time. */
  paced(tenant: string): CountedLoad {
    return this.load(tenant, 4, LOAD_PAUSE_MS);
  }

  /** Process ids of the cells that are there. */
  async cells(): Promise<number[]> {
    const { stdout } = await run("ps", ["-eo", "pid=,ppid=,args="]);
    const parents = new Map<number, number>();
    const cells: number[] = [];
    for (const line of stdout.split("\n")) {
      const [pid, parent] = line.trim().split(/\s+/).map(Number);
      if (pid === undefined || parent === undefined) continue;
      parents.set(pid, parent);
      // the innermost: around it may stand a shell and a sandbox
      if (/^\s*\d+\s+\d+\s+\S*node\S* .*sandbox\/cell\/main/.test(line)) cells.push(pid);
    }
    return cells.filter((pid) => this.#isBelow(pid, parents));
  }

  /** Every request of a load was answered, and each number given once, from 1 to the count. */
  async assertCounted({ host, failures, repeated, numbers }: CountedLoad): Promise<void> {
    assert.deepEqual(failures, []);
    assert.deepEqual(repeated, []);
    const tenant = host.replace(".example", "");
    const line = new RegExp(`^sluice_script_value\\{.*tenant="${tenant}".*\\} (\\d+)$`, "m");
    const counted = Number(line.exec(await this.proxy.metrics())?.[1]);
    let last = 0;
    for (const number of numbers) last = Math.max(last, number);
    assert.deepEqual({ last, given: numbers.size }, { last: counted, given: counted });
  }

  /** Signals every cell, spare ones too, or those that are chosen. */
  async signalCells(
    signal: NodeJS.Signals,
    choose: (pids: readonly number[]) => readonly number[] = (pids) => pids,
  ): Promise<void> {
    for (const pid of choose(await this.cells())) {
      try {
        process.kill(pid, signal);
      } catch {
        // it has ended meanwhile
      }
    }
  }

  /** Waits for a cell's death to be told. */
  async death(fits: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    return await this.proxy.waitFor((line) => line.msg === "a cell died" && fits(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
  }

  #isBelow(pid: number, parents: ReadonlyMap<number, number>): boolean {
    for (let at = pid; at > 1; at = parents.get(at) ?? 0) {
      if (at === this.proxy.process.pid) return true;
    }
    return false;
  }
}
