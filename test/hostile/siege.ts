// One proxy under attack: the attacker's script in a cell, a victim in the same cell and one in
// another, both under constant load. What the victims may notice is time, never an error.

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { type HttpOrigin, httpOrigin } from "../life/http-origin.ts";
import { TestProxy } from "../life/proxy.ts";
import { exchange, RawClient } from "../life/raw-client.ts";
import { type Attack, BROKEN_OFF } from "./attack.ts";

export const VICTIM = `import { counter, definePhases } from "sluice";
const asked = counter("victims");
export default definePhases({
  newCtx: () => ({ path: "" }),
  requestFilter(session, ctx) { ctx.path = session.request.target; },
  responseFilter(session, ctx) {
    session.response.headers.set("x-count", String(asked.incr()));
    session.response.headers.set("x-path", ctx.path);
  },
});`;

/** How far above their start the processes may stay: what V8 and the allocator keep for later. */
const KEPT_MIB = 300;
/** Between requests of a victim: without a pause they would take the processor from the attack. */
const PAUSE_MS = 5;
/** Requests of each victim that must have been answered before, and after, the attack. */
const AROUND = 5;

export class Siege implements AsyncDisposable {
  readonly proxy: TestProxy;
  /** What went wrong with requests of the victims. */
  readonly failures: string[] = [];
  readonly #origins: readonly HttpOrigin[];
  readonly #loads: Promise<void>[] = [];
  readonly #answered = { near: 0, far: 0 };
  readonly #seen = { near: new Set<string>(), far: new Set<string>() };
  #isOver = false;
  #rssMiB = 0;
  #worstMs = 0;

  private constructor(proxy: TestProxy, origins: readonly HttpOrigin[]) {
    this.proxy = proxy;
    this.#origins = origins;
  }

  static async start(attack: Attack): Promise<Siege> {
    const page = await httpOrigin((_request, response) => response.end("origin"));
    const own = attack.origin === undefined ? page : await httpOrigin(ORIGINS[attack.origin]);
    const origins = [...new Set([page, own])];
    const starting = TestProxy.start({
      files: { "attack.ts": scriptOf(attack, page.address), "victim.ts": VICTIM },
      config: {
        tenants: {
          attacker: tenant("attacker", own, { script: "attack.ts", limits: attack.limits ?? {} }),
          // a group has two cells: the second tenant gets the other one, the third the first
          beside: tenant("beside", page, {}),
          near: tenant("near", page, {}),
          far: tenant("far", page, { isolationGroup: "elsewhere" }),
        },
      },
    });
    const proxy = await starting.catch(async (thrown: unknown) => {
      for (const origin of origins) await origin[Symbol.asyncDispose]();
      throw thrown;
    });
    const siege = new Siege(proxy, origins);
    for (const victim of ["near", "far", "near", "far"] as const) {
      siege.#loads.push(siege.#load(victim).catch((error) => void siege.failures.push(`${error}`)));
    }
    await siege.victimsGoOn();
    siege.#rssMiB = rssMiB(proxy.process.pid ?? 0);
    return siege;
  }

  async attack(number: number): Promise<string> {
    return await askAttacker(this.proxy, "attacker", number);
  }

  /** Resolves when each victim has had some more answers, whatever they were. */
  async victimsGoOn(): Promise<void> {
    const { near, far } = this.#answered;
    while (Math.min(this.#answered.near - near, this.#answered.far - far) < AROUND) await pause(5);
  }

  /** Resolves once proxy and cells have given back what an attack took. */
  async memoryComesBack(): Promise<void> {
    while (rssMiB(this.proxy.process.pid ?? 0) > this.#rssMiB + KEPT_MIB) await pause(50);
  }

  async endLoad(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loads);
  }

  /** For the report: what the victims got, and what it cost. */
  figures(): string {
    const { near, far } = this.#answered;
    const deaths = this.proxy.lines.filter(({ msg }) => msg === "a cell died").length;
    const failed = `${near} + ${far} requests of victims, ${this.failures.length} failed`;
    return `${failed}, the slowest ${Math.round(this.#worstMs)} ms, ${deaths} cells died`;
  }

  async #load(victim: "near" | "far"): Promise<void> {
    await using client = await RawClient.to(this.proxy.port);
    for (let i = 0; !this.#isOver; i++) {
      const sentMs = performance.now();
      client.send(`GET /${i} HTTP/1.1\r\nHost: ${victim}.example\r\n\r\n`);
      const { status, body, lines } = await client.response();
      this.#worstMs = Math.max(this.#worstMs, performance.now() - sentMs);
      const count = lines.find((line) => line.startsWith("x-count: ")) ?? "";
      const isRight = status === 200 && body === "origin" && lines.includes(`x-path: /${i}`);
      if (!isRight || count === "" || this.#seen[victim].has(count)) {
        this.failures.push(`${victim}: ${lines.join(" | ")} ${body.slice(0, 200)}`);
      }
      this.#seen[victim].add(count);
      this.#answered[victim]++;
      await pause(PAUSE_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endLoad();
    await this.proxy[Symbol.asyncDispose]();
    for (const origin of this.#origins) await origin[Symbol.asyncDispose]();
  }
}

/** `STATUS BODY` of one request to the tenant's host; BROKEN_OFF: there was not all of it. */
export async function askAttacker(
  { port }: TestProxy,
  name: string,
  number: number,
): Promise<string> {
  const head = `GET / HTTP/1.1\r\nHost: ${name}.example\r\nN: ${number}\r\n`;
  try {
    const { status, body } = await exchange(port, `${head}Connection: close\r\n\r\n`);
    return `${status} ${body}`;
  } catch (thrown) {
    // a body that fails behind its head can only be broken off
    if (/^closed before whole response/.test(String(thrown instanceof Error && thrown.message)))
      return BROKEN_OFF;
    throw thrown;
  }
}

export const scriptOf = ({ hooks, before = "" }: Attack, forbidden: string): string =>
  `import { counter, definePhases, log } from "sluice";
  ${before.replaceAll("PORT", forbidden.slice(forbidden.lastIndexOf(":") + 1))}
  export default definePhases({ ${hooks} });`;

const tenant = (name: string, origin: HttpOrigin, more: object): object => ({
  hosts: [`${name}.example`],
  isolation: "process",
  script: "victim.ts",
  upstreams: { main: { peers: [origin.address] } },
  defaultUpstream: "main",
  ...more,
});

const BOMB = gzipSync(Buffer.alloc(2 ** 27));

const sendBomb: Parameters<typeof httpOrigin>[0] = (_request, response) => {
  response.setHeader("content-encoding", "gzip");
  response.end(BOMB);
};

/** For as long as anybody reads. */
const drip: typeof sendBomb = (_request, response) => {
  const timer = setInterval(() => response.write("."), 20);
  response.once("close", () => clearInterval(timer));
};

/** What the origin of an attack answers. */
export const ORIGINS = { bomb: sendBomb, drip } as const;

/** Resident memory of a process and all below it. */
function rssMiB(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
    const below = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
    const children = below === "" ? [] : below.split(" ").map(Number);
    return children.reduce((sum, child) => sum + rssMiB(child), (pages * 4_096) / 2 ** 20);
  } catch {
    return 0; // it has ended meanwhile
  }
}
