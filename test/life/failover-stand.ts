// Proxies over a PostgreSQL with a standby that each commit waits for, each by a line of its own,
// which is led elsewhere by a failover; requests to all of them, and changes and reads at each,
// whose history is checked.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  contradictions,
  History,
  type Registers,
  type Stored,
} from "../support/cluster-history.ts";
import { Postgres } from "../support/postgres.ts";
import { Relay } from "../support/relay.ts";
import { registersOf, storedIn, valuesOf } from "./cluster-registers.ts";
import { newStoreAt, options, plainOrigin, until } from "./cluster-stand.ts";
import { call } from "./control.ts";
import { GentleLoad } from "./gentle-load.ts";
import { TestProxy } from "./proxy.ts";

/** How a stand differs from the usual one. */
export interface FailoverOptions {
  readonly proxies: number;
  /** Commits do not wait for the standby. */
  readonly isAsync?: boolean;
  /** Environment of the last proxy, besides that of all. */
  readonly last?: Environment;
  /** Of another release. */
  readonly release?: { readonly migrate: (url: string) => Promise<void>; readonly main: string };
}

export class FailoverStand implements AsyncDisposable {
  readonly primary: Postgres;
  readonly standby: Postgres;
  readonly proxies: TestProxy[] = [];
  /** Of each proxy, to PostgreSQL. */
  readonly relays: Relay[] = [];
  /** From the standby to the primary. */
  readonly replication: Relay;
  readonly #origin: Origin;
  readonly #folders: string[] = [];
  readonly #environments: Environment[] = [];
  /** Of the server itself. */
  readonly store: string;
  readonly #main: string | undefined;

  private constructor(servers: Servers, { store, origin, main }: Given) {
    this.primary = servers.primary;
    this.standby = servers.standby;
    this.replication = servers.replication;
    this.store = store;
    this.#origin = origin;
    this.#main = main;
  }

  static async start(wanted: FailoverOptions): Promise<FailoverStand> {
    const { proxies, isAsync = false, last = {}, release } = wanted;
    const primary = await Postgres.start();
    const replication = await Relay.start(primary.port);
    const standby = await primary.standby({ isAsync, port: replication.port });
    const store = await newStoreAt(primary, release?.migrate);
    const servers = { primary, standby, replication };
    const given = { store, origin: await plainOrigin(), main: release?.main };
    const stand = new FailoverStand(servers, given);
    for (let i = 0; i < proxies; i++) {
      stand.#environments.push(i === proxies - 1 ? last : {});
      stand.#folders.push(await mkdtemp(join(tmpdir(), "sluice-failover-")));
      stand.relays.push(await Relay.start(primary.port));
      stand.proxies.push(await stand.startProxy(i));
    }
    return stand;
  }

  proxyAt(i: number): TestProxy {
    const proxy = this.proxies[i];
    assert.ok(proxy !== undefined);
    return proxy;
  }

  /** Also once more, in its folder. */
  startProxy(i: number): Promise<TestProxy> {
    const { port } = this.relays[i] ?? {};
    const store = this.store.replace(`:${this.primary.port}/`, `:${port}/`);
    const { env, ...usual } = options(store, this.#origin.address, this.#folders[i]);
    const main = this.#main === undefined ? {} : { main: this.#main };
    return TestProxy.start({ ...usual, ...main, env: { ...env, ...this.#environments[i] } });
  }

  /** The standby takes the primary's place and address. */
  async failOver(): Promise<void> {
    await this.primary.kill();
    await this.standby.promote();
    for (const relay of this.relays) relay.lead(this.standby.port);
  }

  /** Requests to all, changes and reads at each, while it is done. */
  async during(name: string, work: (history: History) => Promise<void>): Promise<History> {
    const [load, history] = [new GentleLoad(this.proxies), new History()];
    for (const i of this.proxies.keys()) history.follow(`node ${i}`, this.#registersAt(i), name);
    try {
      await more(history, 2);
      await work(history);
    } finally {
      await Promise.all([load.stop(), history.stop()]);
    }
    assert.deepEqual(load.failures, []);
    assert.ok(load.requests > 0);
    assert.deepEqual(contradictions(history, await this.settled()), []);
    return history;
  }

  /** What was stored, when every proxy shows what was stored last. */
  async settled(): Promise<readonly Stored[]> {
    const [one] = this.proxies;
    assert.ok(one !== undefined);
    const found = async () => {
      const stored = await storedIn(one);
      const last = new Map(stored.map(({ register, value }) => [register, value]));
      return { stored, last, all: await Promise.all(this.proxies.map(valuesOf)) };
    };
    await until(async () => (await call(one, ["GET", "/audit?limit=1"])).status === 200);
    const areAlike = async (): Promise<boolean> => {
      const { last, all } = await found();
      return all.every((values) => isDeepStrictEqual(values, last));
    };
    await until(areAlike).catch(() => undefined);
    const { stored, last, all } = await found();
    for (const values of all) assert.deepEqual(values, last);
    return stored;
  }

  /** Of the proxy that is there by then: it may be started again meanwhile. */
  #registersAt(i: number): Registers {
    return {
      put: (...which) => registersOf(this.proxyAt(i)).put(...which),
      get: () => registersOf(this.proxyAt(i)).get(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const rest = [...this.relays, this.replication, this.#origin, this.standby, this.primary];
    for (const one of [...this.proxies, ...rest]) await one[Symbol.asyncDispose]();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }
}

type Environment = Readonly<Record<string, string>>;

type Origin = Awaited<ReturnType<typeof plainOrigin>>;

interface Given {
  readonly store: string;
  readonly origin: Origin;
  readonly main: string | undefined;
}

interface Servers {
  readonly primary: Postgres;
  readonly standby: Postgres;
  readonly replication: Relay;
}

/** So many more changes are acknowledged. */
export async function more(history: History, count: number): Promise<void> {
  const enough = history.count("acknowledged") + count;
  await until(async () => history.count("acknowledged") >= enough);
}
