// Orders certificates for the names that want one, a few at a time and each name by one process,
// and waits longer after each failure. What is issued goes live as what somebody puts does.

import { randomUUID } from "node:crypto";
import { checkPair } from "../../../base/certificates/check.ts";
import type { PemPair } from "../../../base/certificates/shared-pem.ts";
import type { AcmeConfig } from "../../../base/config/acme-types.ts";
import { LIMITS } from "../../../base/limits.ts";
import type { Logger } from "../../../observe/log.ts";
import type { Metrics } from "../../../observe/metrics.ts";
import type { AcmeOrder, AcmeStore } from "../../store/acme-store.ts";
import { StoreError } from "../../store/store.ts";
import { type ChangeParts, putCertificate } from "../change.ts";
import type { OrderParts, Proof } from "./authority.ts";
import { backOffMs } from "./back-off.ts";
import { setRecord } from "./dns-command.ts";
import { HourlyOrders } from "./hourly-orders.ts";
import { sentenceOf } from "./sentence.ts";
import type { SharedProofs, ShownProof } from "./shared-proofs.ts";
import { certificateName, inTurn, type Ordering, type WantedName, wantedNames } from "./wanted.ts";

/** What orders are made for: what serves now, and who issues certificates. */
export interface OrderInput extends Omit<Ordering, "acme" | "nowMs"> {
  /** Null: nothing is ordered. */
  readonly acme: AcmeConfig | null;
  /** The same object as long as nothing that serves has changed. */
  readonly state: object;
}

export interface AcmeOrdersParts extends ChangeParts {
  readonly serving: () => OrderInput;
  readonly store: ChangeParts["store"] & { readonly acme: AcmeStore };
  readonly order: (parts: OrderParts) => Promise<PemPair>;
  /** Resolves when every worker answers so. */
  readonly tell: (proofs: readonly ShownProof[]) => Promise<void>;
  /** Those that share the store; null: there are none. */
  readonly others: Pick<SharedProofs, "show" | "withdraw"> | null;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

type Standing = Pick<AcmeOrder, "failures" | "nextMs" | "error">;

interface Try {
  readonly acme: AcmeConfig;
  /** Before it, in a row. */
  readonly failures: number;
  readonly signal: AbortSignal;
}

interface Running extends WantedName {
  readonly abort: AbortController;
}

export class AcmeOrders {
  readonly #parts: AcmeOrdersParts;
  readonly #holder = randomUUID();
  /** By host. */
  readonly #running = new Map<string, Running>();
  readonly #shown = new Map<string, ShownProof>();
  #seen: object | null = null;
  #nextMs = 0;
  #isLooking = false;
  /** Failures in a row, of whatever names: then something is wrong with all of them. */
  #streak = 0;
  #pausedUntilMs = 0;
  readonly #hourly = new HourlyOrders();
  #isOver = false;

  constructor(parts: AcmeOrdersParts) {
    this.#parts = parts;
  }

  /** To be called every now and then. Costs nothing while nothing has changed and none is due. */
  async look(): Promise<void> {
    const serving = this.#parts.serving();
    const isSame = serving.state === this.#seen && Date.now() < this.#nextMs;
    if (this.#isOver || this.#isLooking || isSame) return;
    this.#isLooking = true;
    this.#seen = serving.state;
    this.#nextMs = Date.now() + LIMITS.acmeLookMs;
    try {
      await this.#plan(serving);
    } catch (thrown) {
      if (!isPaused(thrown)) this.#parts.logger.error({ err: thrown }, "certificates: cannot look");
    } finally {
      this.#isLooking = false;
    }
  }

  /** What is under way is given up, as if it had not begun. */
  end(): void {
    this.#isOver = true;
    for (const { abort } of this.#running.values()) abort.abort();
  }

  async #plan({ acme, ...serving }: OrderInput): Promise<void> {
    const { acme: store } = this.#parts.store;
    const nowMs = Date.now();
    const wanted = acme === null ? [] : wantedNames({ ...serving, acme, nowMs });
    const byHost = new Map(wanted.map((name) => [name.host, name]));
    for (const { host, id, abort } of this.#running.values()) {
      if (byHost.get(host)?.id !== id) abort.abort();
    }
    if (acme === null) return;
    const orders = new Map((await store.acmeOrders()).map((order) => [order.host, order]));
    for (const order of orders.values()) {
      const isLeft = !byHost.has(order.host) && order.untilMs <= nowMs;
      if (isLeft) await store.endAcmeOrder(order, null);
    }
    const open = wanted.filter(({ host }) => !this.#running.has(host));
    for (const { name, order, ms } of inTurn(open, orders, nowMs)) {
      const freeMs = this.#hourly.freeMs(acme.ordersPerHour, nowMs);
      const dueAtMs = Math.max(ms, this.#pausedUntilMs, freeMs);
      if (dueAtMs > nowMs) {
        this.#nextMs = Math.min(this.#nextMs, dueAtMs);
        break;
      }
      if (this.#running.size >= LIMITS.acmeOrders) break;
      void this.#run(name, acme, order);
    }
  }

  async #run(name: WantedName, acme: AcmeConfig, before: AcmeOrder | undefined): Promise<void> {
    const { host } = name;
    const running = { ...name, abort: new AbortController() };
    this.#running.set(host, running);
    const { acme: store } = this.#parts.store;
    const claim = { host, holder: this.#holder, forMs: LIMITS.acmeClaimMs };
    this.#hourly.begin(Date.now());
    let isOurs = false;
    try {
      isOurs = await store.claimAcmeOrder(claim);
      if (isOurs) await store.endAcmeOrder(claim, await this.#attempt(running, acme, before));
    } catch (thrown) {
      if (isPaused(thrown)) return;
      this.#parts.logger.error({ host, err: thrown }, "an order of a certificate is not kept");
    } finally {
      if (!isOurs) this.#hourly.takeBack();
      this.#running.delete(host);
      this.#nextMs = 0;
    }
  }

  /** How it stands then; null: it has its certificate. */
  async #attempt(
    { abort, ...name }: Running,
    acme: AcmeConfig,
    before: AcmeOrder | undefined,
  ): Promise<Standing | null> {
    const failures = before?.failures ?? 0;
    try {
      const late = AbortSignal.timeout(LIMITS.acmeOrderMs);
      const signal = AbortSignal.any([abort.signal, late]);
      const pair = await this.#order(name, { acme, failures, signal });
      abort.signal.throwIfAborted();
      await this.#serve(name, pair);
      this.#count("ok");
      this.#streak = 0;
      return null;
    } catch (thrown) {
      if (abort.signal.aborted || isPaused(thrown)) {
        return { failures, nextMs: before?.nextMs ?? 0, error: before?.error ?? "" };
      }
      return this.#failed(name, failures + 1, thrown);
    }
  }

  async #order({ host }: WantedName, { acme, failures, signal }: Try): Promise<PemPair> {
    const { order, store } = this.#parts;
    const { challenges, dns } = acme;
    const isWild = host.startsWith("*.");
    const type = isWild ? "dns-01" : (challenges[failures % challenges.length] ?? "http-01");
    const show = async (proof: Proof): Promise<AsyncDisposable> => {
      if (proof.type !== "dns-01") return await this.#show({ ...proof, host }, signal);
      if (dns === null) throw new Error("there is no command that sets records (acme.dns)");
      const name = `_acme-challenge.${host.slice("*.".length)}`;
      return await setRecord(dns, { name, value: proof.value }, signal);
    };
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const stop = (): void => reject(new Error("it took too long"));
    signal.addEventListener("abort", stop);
    const accounts = store.acme;
    const ordered = order({ acme, accounts, host, type, show, signal });
    try {
      return await Promise.race([ordered, aborted]);
    } finally {
      signal.removeEventListener("abort", stop);
      await this.#withdraw(host);
      ordered.catch(() => {});
      aborted.catch(() => {});
    }
  }

  async #show(proof: ShownProof, signal: AbortSignal): Promise<AsyncDisposable> {
    this.#shown.set(proof.host, proof);
    await this.#parts.tell([...this.#shown.values()]);
    await this.#parts.others?.show(proof, signal);
    return { [Symbol.asyncDispose]: () => this.#withdraw(proof.host) };
  }

  async #withdraw(host: string): Promise<void> {
    if (!this.#shown.delete(host)) return;
    await this.#parts.tell([...this.#shown.values()]);
    await this.#parts.others?.withdraw(host);
  }

  async #serve({ host, tenant, id }: WantedName, pair: PemPair): Promise<void> {
    const checked = checkPair({ ...pair, hosts: [host], nowMs: Date.now() });
    if (!("facts" in checked)) {
      throw new Error(`what the authority issued: ${checked.map(({ text }) => text).join("; ")}`);
    }
    const { facts, cert, key } = checked;
    const name = certificateName(host);
    const detail = { fingerprint: facts.fingerprint, names: facts.names };
    const target = `certificate ${name}`;
    const audit = { actor: "sluice", action: "certificate.put", tenant, target, detail };
    const certificate = { name, origin: "acme", ...facts, cert, key } as const;
    const result = await putCertificate(this.#parts, { tenant, id, audit }, certificate);
    // the tenant has gone meanwhile
    if (result === null) return;
    if (!result.ok) throw new Error(`it cannot go live: ${result.problems.join("; ")}`);
    const expiry = new Date(facts.expiresAtMs).toISOString();
    this.#parts.logger.info({ host, tenant, expiry }, "a certificate was issued");
  }

  #failed({ host, tenant }: WantedName, failures: number, thrown: unknown): Standing {
    this.#count("failed");
    this.#streak++;
    const over = this.#streak - LIMITS.acmeStreak;
    if (over >= 0) this.#pausedUntilMs = Date.now() + backOffMs(over + 1, Math.random());
    const error = sentenceOf(thrown);
    const nextMs = Date.now() + Math.round(backOffMs(failures, Math.random()));
    const next = new Date(nextMs).toISOString();
    const fields = { host, tenant, reason: error, failures, next };
    this.#parts.logger.error(fields, "a certificate cannot be had yet");
    return { failures, nextMs, error };
  }

  #count(result: "ok" | "failed"): void {
    this.#parts.metrics.counter("sluice_acme_orders_total", result).add();
  }
}

/** A successor takes over, and orders. */
const isPaused = (thrown: unknown): boolean =>
  thrown instanceof StoreError && thrown.fault === "paused";
