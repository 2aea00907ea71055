// One proxy with two tenants in one worker: an attacker, whose script a test gives, and a
// neighbour, whose requests must keep succeeding.

import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { type HttpOrigin, httpOrigin } from "../life/http-origin.ts";
import { type LogLine, TestProxy } from "../life/proxy.ts";
import { exchange } from "../life/raw-client.ts";

const run = promisify(execFile);

const NEIGHBOUR = `import { definePhases } from "sluice";
export default definePhases({ responseFilter(session) {
  session.response.headers.set("x-neighbour", "fine"); } });`;

/** How far above its start the process may stay: what V8 and the allocator keep for later. */
const KEPT_MIB = 160;
/** Collectors run when there is work: far more than they take. */
const GIVEN_BACK_MS_MAX = 60_000;

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly lines: readonly string[];
}

export interface AttackOptions {
  readonly limits?: Readonly<Record<string, number>>;
  /** Code before `definePhases`. */
  readonly before?: string;
}

export class TwoTenants implements AsyncDisposable {
  readonly proxy: TestProxy;
  readonly #origin: HttpOrigin;
  readonly #rssMiB: number;

  private constructor(proxy: TestProxy, origin: HttpOrigin, rssMiB: number) {
    this.proxy = proxy;
    this.#origin = origin;
    this.#rssMiB = rssMiB;
  }

  /** @param hooks  the inside of the attacker's `definePhases({ … })` */
  static async start(hooks: string, options: AttackOptions = {}): Promise<TwoTenants> {
    const origin = await httpOrigin((_request, response) => response.end("origin"));
    const { limits = {}, before = "" } = options;
    const shared = { upstreams: { main: { peers: [origin.address] } }, defaultUpstream: "main" };
    const attack = `import { counter, definePhases, log } from "sluice";\n${before}
      export default definePhases({ ${hooks} });`;
    try {
      const proxy = await TestProxy.start({
        files: { "attack.ts": attack, "neighbour.ts": NEIGHBOUR },
        config: {
          tenants: {
            attacker: { hosts: ["attacker.example"], script: "attack.ts", limits, ...shared },
            neighbour: { hosts: ["neighbour.example"], script: "neighbour.ts", ...shared },
          },
        },
      });
      return new TwoTenants(proxy, origin, await rssMiB(proxy.process.pid));
    } catch (thrown) {
      await origin[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  async attack(headers = ""): Promise<Answer> {
    return await this.#request("attacker.example", headers);
  }

  /** Whether a request of the neighbour is answered as it should be. */
  async isNeighbourFine(): Promise<boolean> {
    const { status, body, lines } = await this.#request("neighbour.example", "");
    return status === 200 && body === "origin" && lines.includes("x-neighbour: fine");
  }

  /** The attacks' answers; rejects if the neighbour's requests, sent all the while, fail. */
  async attackBesideNeighbour(times: number, headers = ""): Promise<readonly Answer[]> {
    let isOver = false;
    const attacks = Promise.all(Array.from({ length: times }, () => this.attack(headers)));
    const over = attacks.finally(() => {
      isOver = true;
    });
    over.catch(() => {});
    do {
      if (!(await this.isNeighbourFine())) throw new Error("a request of the neighbour failed");
    } while (!isOver);
    if (!(await this.isNeighbourFine())) throw new Error("a later request of the neighbour failed");
    return await over;
  }

  /** Lines of the log about the attacker, without those of requests and of changes. */
  attackerLines(): LogLine[] {
    return this.proxy.lines.filter(
      ({ tenant, msg }) => tenant === "attacker" && msg !== "request" && msg !== "changed",
    );
  }

  /** Resolves once the process has given back what an attack took. */
  async memoryComesBack(): Promise<void> {
    const untilMs = performance.now() + GIVEN_BACK_MS_MAX;
    for (;;) {
      const mib = await rssMiB(this.proxy.process.pid);
      if (mib <= this.#rssMiB + KEPT_MIB) return;
      if (performance.now() > untilMs) {
        throw new Error(`${mib} MiB are still held; before the attack it was ${this.#rssMiB}`);
      }
      await this.isNeighbourFine();
      await pause(100);
    }
  }

  async #request(host: string, headers: string): Promise<Answer> {
    const text = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n`;
    return await exchange(this.proxy.port, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.#origin[Symbol.asyncDispose]();
  }
}

async function rssMiB(pid: number | undefined): Promise<number> {
  const { stdout } = await run("ps", ["-o", "rss=", "-p", `${pid}`]);
  return Number(stdout) / 1024;
}
