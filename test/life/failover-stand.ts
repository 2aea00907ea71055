// Proxies over a PostgreSQL with a standby that each commit waits for, each by a line of its own,
// which is led elsewhere by a failover; requests to all of them, and changes at each, whose history
// is checked.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { History, type Outcome } from "../support/cluster-history.ts";
import { Postgres } from "../support/postgres.ts";
import { Relay } from "../support/relay.ts";
import { newStoreAt, options, plainOrigin, until } from "./cluster-stand.ts";
import { call } from "./control.ts";
import { GentleLoad } from "./gentle-load.ts";
import { TestProxy } from "./proxy.ts";

export class FailoverStand implements AsyncDisposable {
  readonly primary: Postgres;
  readonly standby: Postgres;
  readonly proxies: TestProxy[] = [];
  /** Of each proxy, to PostgreSQL. */
  readonly relays: Relay[] = [];
  readonly #origin: Origin;
  readonly #folders: string[] = [];
  readonly #environments: Environment[] = [];
  readonly #store: string;

  private constructor(servers: Servers, store: string, origin: Origin) {
    this.primary = servers.primary;
    this.standby = servers.standby;
    this.#store = store;
    this.#origin = origin;
  }

  /** @param last  environment of the last one, besides that of all */
  static async start(count: number, last: Environment = {}): Promise<FailoverStand> {
    const primary = await Postgres.start();
    const standby = await primary.standby();
    const store = await newStoreAt(primary);
    const stand = new FailoverStand({ primary, standby }, store, await plainOrigin());
    for (let i = 0; i < count; i++) {
      stand.#environments.push(i === count - 1 ? last : {});
      stand.#folders.push(await mkdtemp(join(tmpdir(), "sluice-failover-")));
      stand.relays.push(await Relay.start(primary.port));
      stand.proxies.push(await stand.startProxy(i));
    }
    return stand;
  }

  /** Also once more, in its folder. */
  startProxy(i: number): Promise<TestProxy> {
    const { port } = this.relays[i] ?? {};
    const store = this.#store.replace(`:${this.primary.port}/`, `:${port}/`);
    const { env, ...usual } = options(store, this.#origin.address, this.#folders[i]);
    return TestProxy.start({ ...usual, env: { ...env, ...this.#environments[i] } });
  }

  /** The standby takes the primary's place and address. */
  async failOver(): Promise<void> {
    await this.primary.kill();
    await this.standby.promote();
    for (const relay of this.relays) relay.lead(this.standby.port);
  }

  /** Requests to all, and changes at each, while it is done. */
  async during(name: string, work: (history: History) => Promise<void>): Promise<History> {
    const [load, history] = [new GentleLoad(this.proxies), new History()];
    for (const [i, proxy] of this.proxies.entries()) {
      history.write(`${name}-${i}`, (flag) => put(proxy, flag));
    }
    try {
      await more(history, 2);
      await work(history);
    } finally {
      await Promise.all([load.stop(), history.stop()]);
    }
    assert.deepEqual(load.failures, []);
    assert.ok(load.requests > 0);
    await this.#expectTrue(history);
    return history;
  }

  /** Every proxy has the same, and that is what was said. */
  async #expectTrue(history: History): Promise<void> {
    let all = await Promise.all(this.proxies.map(flagsOf));
    const isTrue = async (): Promise<boolean> => {
      all = await Promise.all(this.proxies.map(flagsOf));
      return all.every((flags) => isDeepStrictEqual(flags, all[0]) && !history.lies(flags).length);
    };
    await until(isTrue).catch(() => undefined);
    for (const flags of all) {
      assert.deepEqual(history.lies(flags), []);
      assert.deepEqual(flags, all[0]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const rest = [...this.relays, this.#origin, this.standby, this.primary];
    for (const one of [...this.proxies, ...rest]) await one[Symbol.asyncDispose]();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }
}

type Environment = Readonly<Record<string, string>>;

type Origin = Awaited<ReturnType<typeof plainOrigin>>;

interface Servers {
  readonly primary: Postgres;
  readonly standby: Postgres;
}

/** So many more changes are acknowledged. */
export async function more(history: History, count: number): Promise<void> {
  const enough = history.count("acknowledged") + count;
  await until(async () => history.count("acknowledged") >= enough);
}

async function put(proxy: TestProxy, flag: string): Promise<Outcome> {
  const { status } = await call(proxy, ["PUT", `/tenants/demo/flags/${flag}`], { value: 1 });
  if (status < 300) return "acknowledged";
  return status === 504 ? "unknown" : "refused";
}

async function flagsOf(proxy: TestProxy): Promise<ReadonlySet<string>> {
  const { body } = await call(proxy, ["GET", "/tenants/demo/flags"]);
  const flags: unknown = body.flags;
  assert.ok(Array.isArray(flags));
  return new Set(flags.map(({ name }) => String(name)));
}
