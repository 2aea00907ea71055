// Tells the other proxies that this one lives, and what it serves: every few seconds, and at once
// when that has changed. A proxy that does not report for a while is not waited for.

import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { version } from "../../../base/version.ts";
import type { NodeList, NodeReport, Nodes } from "../../nodes.ts";
import type { AuditEntry } from "../audit-entry.ts";
import { toStoreError } from "../postgres/errors.ts";
import type { SqlStore } from "../sql-store.ts";
import { StoreError } from "../store.ts";
import type { Follower } from "./follower.ts";
import type { NodeIdentity } from "./node-identity.ts";
import { leave, listNodes, renew, setDrained } from "./node-rows.ts";

/** For the log. */
export interface RegistryEvents {
  /** Another process has this one's id, and this one has a new one. */
  twin(id: string): void;
  /** What PostgreSQL answers is not what was expected. */
  refused(error: unknown): void;
}

export interface RegistryOptions {
  readonly pool: Pool;
  readonly address: PostgresAddress;
  readonly identity: NodeIdentity;
  readonly name: string;
  readonly follower: Pick<Follower, "lost" | "lostAtMs">;
  /** Paused: a successor takes over, and has this one's id. */
  readonly store: Pick<SqlStore, "changeShared" | "isPaused">;
  readonly on: RegistryEvents;
}

export class Registry implements Nodes {
  readonly #options: RegistryOptions;
  readonly #boot = randomUUID();
  readonly #version = version();
  #report: (() => NodeReport) | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** The next report takes the id over, whoever had it: the process before this one. */
  #isJoining = true;
  #isDrained = false;
  #running: Promise<void> | null = null;
  #isDirty = false;
  /** It was said already. */
  #isRefused = false;
  #known: NodeList = { nodes: [], newest: 0, asOfMs: 0, isStale: true };

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Of this process. */
  get boot(): string {
    return this.#boot;
  }

  get id(): string {
    return this.#options.identity.id;
  }

  get isDrained(): boolean {
    return this.#isDrained;
  }

  /** What was known last, without asking. */
  get known(): NodeList {
    return { ...this.#known, isStale: this.#options.follower.lostAtMs !== null };
  }

  /** From now on it is one that the others wait for. */
  start(report: () => NodeReport): void {
    this.#report = report;
    this.touch();
  }

  /** What it reports has changed. */
  touch(): void {
    this.#isDirty = true;
    if (this.#report === null || this.#running !== null) return;
    this.#running = this.#tell().finally(() => {
      this.#running = null;
    });
  }

  async list(): Promise<NodeList> {
    const { pool, follower } = this.#options;
    if (follower.lostAtMs === null) {
      try {
        this.#known = { ...(await listNodes(pool)), asOfMs: Date.now(), isStale: false };
        return this.#known;
      } catch (thrown) {
        this.#failed(thrown);
      }
    }
    return { ...this.#known, isStale: true };
  }

  async setDrained(id: string, isDrained: boolean, audit: AuditEntry): Promise<void> {
    await this.#options.store.changeShared(audit, () => setDrained(id, isDrained));
    if (id === this.id) await this.#now();
  }

  async close(): Promise<void> {
    this.#report = null;
    clearTimeout(this.#timer);
    await this.#running;
    const { pool, follower } = this.#options;
    if (follower.lostAtMs !== null || this.#isJoining) return;
    // if it cannot say so, the others find out
    await leave(pool, this.#self).catch(() => undefined);
  }

  get #self() {
    const { name } = this.#options;
    return { id: this.id, boot: this.#boot, name, version: this.#version };
  }

  async #now(): Promise<void> {
    this.touch();
    await this.#running;
  }

  async #tell(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#isDirty && this.#report !== null) {
      this.#isDirty = false;
      if (this.#options.follower.lostAtMs === null) await this.#tellOnce(this.#report());
    }
    if (this.#report === null) return;
    this.#timer = setTimeout(() => void this.#again(), CLUSTER_LIMITS.reportMs).unref();
  }

  async #again(): Promise<void> {
    this.touch();
    await this.list();
  }

  async #tellOnce(report: NodeReport): Promise<void> {
    const { pool, store } = this.#options;
    try {
      const isJoining = this.#isJoining && !store.isPaused;
      const told = await renew(pool, this.#self, { report, isJoining });
      if (told === null) return this.#twin();
      this.#isJoining = false;
      this.#isRefused = false;
      this.#isDrained = told.isDrained;
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  /** A successor that took over, or was about to; or whoever was started on a copy of its disk. */
  #twin(): void {
    const { identity, store, on } = this.#options;
    // before it joins again: with the same id it would take that from the other
    if (!store.isPaused) identity.renew();
    this.#isJoining = true;
    if (store.isPaused) return;
    this.#isDirty = true;
    on.twin(this.id);
  }

  #failed(thrown: unknown): void {
    const { address, follower, on } = this.#options;
    const error = toStoreError(thrown, address) ?? thrown;
    // it was not asked, and is the next time
    if (error instanceof StoreError && error.fault === "busy") return;
    const isLost = error instanceof StoreError && error.fault === "unreachable";
    if (isLost) follower.lost(error);
    else if (!this.#isRefused) on.refused(error);
    this.#isRefused = !isLost;
  }
}
