// Captured requests, in the memory of this process alone: sealed with a key that nobody else has
// and that ends with it, bounded by tenant and in all, and gone when their rule's time is over.

import { randomBytes } from "node:crypto";
import { CAPTURE_LIMITS } from "../../base/capture-limits.ts";
import type {
  CaptureChoice,
  CaptureRule,
  CaptureRuleSpec,
  CaptureSummary,
  CapturesAccess,
} from "../../control/captures-access.ts";
import type { CapturedRequest } from "../../control/replay.ts";
import { type SealedSecret, SecretKeys } from "../../control/store/secret-keys.ts";
import type { CaptureRecord } from "../../observe/capture/record.ts";
import { redacted } from "../../observe/capture/redact.ts";
import type { CaptureNews, CaptureOrder } from "../../observe/capture/rule.ts";

/** Resolves when all workers know. */
type TellWorkers = (orders: readonly CaptureOrder[]) => Promise<void>;

interface Rule {
  readonly tenant: string;
  readonly spec: CaptureRuleSpec;
  readonly id: string;
  readonly createdAtMs: number;
  readonly key: Buffer;
  /** The oldest first. */
  readonly kept: Kept[];
  dropped: number;
}

interface Kept {
  readonly summary: CaptureSummary;
  readonly sealed: SealedSecret;
  readonly bytes: number;
}

export class Captures implements CapturesAccess {
  readonly #keys = SecretKeys.parse(randomBytes(32).toString("base64"), "memory");
  readonly #tell: TellWorkers;
  readonly #rules = new Map<string, Rule>();
  readonly #sweep: NodeJS.Timeout;
  #bytes = 0;

  constructor(tell: TellWorkers) {
    this.#tell = tell;
    this.#sweep = setInterval(() => this.#expire(), CAPTURE_LIMITS.sweepMs).unref();
  }

  rules(tenant: string): readonly CaptureRule[] {
    return this.#of(tenant).map(shown);
  }

  async addRule(tenant: string, spec: CaptureRuleSpec): Promise<CaptureRule | null> {
    if (this.#of(tenant).length >= CAPTURE_LIMITS.rules) return null;
    const id = randomBytes(6).toString("hex");
    const key = randomBytes(32);
    const rule: Rule = { tenant, spec, id, createdAtMs: Date.now(), key, kept: [], dropped: 0 };
    this.#rules.set(id, rule);
    await this.#order();
    return shown(rule);
  }

  async removeRule(tenant: string, id: string): Promise<boolean> {
    const rule = this.#of(tenant).find((one) => one.id === id);
    if (rule === undefined) return false;
    this.#drop(rule);
    await this.#order();
    return true;
  }

  list(tenant: string): readonly CaptureSummary[] {
    return this.#keptOf(tenant).map(({ kept }) => kept.summary);
  }

  read(tenant: string, id: string): CaptureRecord | null {
    const found = this.#find(tenant, id);
    if (found === undefined) return null;
    const { key, spec } = found.rule;
    return redacted(this.#open(found), { key, names: spec.redacts, keepsLogins: false });
  }

  remove(tenant: string, id: string): boolean {
    const found = this.#find(tenant, id);
    if (found === undefined) return false;
    const { rule, kept } = found;
    rule.kept.splice(rule.kept.indexOf(kept), 1);
    this.#bytes -= kept.bytes;
    return true;
  }

  toReplay(tenant: string, which: CaptureChoice): readonly CapturedRequest[] {
    const all = this.#keptOf(tenant);
    const chosen =
      "ids" in which
        ? all.filter(({ kept }) => which.ids.includes(kept.summary.id))
        : all.filter(({ kept }) => isFit(kept, which.isWell)).slice(0, which.last);
    return chosen.slice(0, CAPTURE_LIMITS.replayed).map((found) => {
      const { compares: parts, ignores } = found.rule.spec;
      const record = this.#open(found);
      // a script that works on a login works on what stands for it
      const comparing = { parts, ignored: [...ignores, ...record.redacted] };
      return { id: found.kept.summary.id, record, comparing };
    });
  }

  /** What a worker has captured. */
  receive({ rule: id, text }: CaptureNews): void {
    const rule = this.#rules.get(id);
    if (rule === undefined || rule.kept.length >= rule.spec.count) return;
    if (text === "" || !this.#hasRoom(rule.tenant, text.length)) {
      rule.dropped++;
      return;
    }
    const record: CaptureRecord = JSON.parse(text);
    const summary = summaryOf(record, id);
    const sealed = this.#keys.seal(text, { tenant: rule.tenant, name: summary.id });
    const bytes = sealed.sealed.length;
    rule.kept.push({ summary, sealed, bytes });
    this.#bytes += bytes;
    if (rule.kept.length >= rule.spec.count) void this.#order();
  }

  /** The tenant is gone, whoever has its name next. */
  forget(tenant: string): void {
    const rules = this.#of(tenant);
    for (const rule of rules) this.#drop(rule);
    if (rules.length > 0) void this.#order();
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#rules.clear();
  }

  #of(tenant: string): Rule[] {
    const nowMs = Date.now();
    return [...this.#rules.values()].filter(
      (rule) => rule.tenant === tenant && expiresAtMs(rule) > nowMs,
    );
  }

  #keptOf(tenant: string): Found[] {
    return this.#of(tenant)
      .flatMap((rule) => rule.kept.map((kept) => ({ rule, kept })))
      .sort((one, two) => two.kept.summary.atMs - one.kept.summary.atMs);
  }

  #find(tenant: string, id: string): Found | undefined {
    return this.#keptOf(tenant).find(({ kept }) => kept.summary.id === id);
  }

  #open({ rule, kept }: Found): CaptureRecord {
    return JSON.parse(this.#keys.open(kept.sealed, { tenant: rule.tenant, name: kept.summary.id }));
  }

  #hasRoom(tenant: string, bytes: number): boolean {
    const own = this.#keptOf(tenant).reduce((sum, { kept }) => sum + kept.bytes, 0);
    const { tenantBytes, bytes: all } = CAPTURE_LIMITS;
    return own + bytes <= tenantBytes && this.#bytes + bytes <= all;
  }

  #drop(rule: Rule): void {
    this.#rules.delete(rule.id);
    for (const { bytes } of rule.kept) this.#bytes -= bytes;
  }

  #expire(): void {
    const nowMs = Date.now();
    const expired = [...this.#rules.values()].filter((rule) => expiresAtMs(rule) <= nowMs);
    for (const rule of expired) this.#drop(rule);
    if (expired.length > 0) void this.#order();
  }

  /** Those that keep more. */
  #order(): Promise<void> {
    const open = [...this.#rules.values()].filter(({ kept, spec }) => kept.length < spec.count);
    return this.#tell(open.map(orderOf));
  }
}

interface Found {
  readonly rule: Rule;
  readonly kept: Kept;
}

const isFit = ({ summary: { gap, error, status } }: Kept, isWell: boolean): boolean =>
  gap === null && (!isWell || (error === null && status < 500));

const expiresAtMs = ({ createdAtMs, spec }: Rule): number => createdAtMs + spec.ttlMs;

const shown = (rule: Rule): CaptureRule => ({
  ...rule.spec,
  id: rule.id,
  createdAtMs: rule.createdAtMs,
  expiresAtMs: expiresAtMs(rule),
  kept: rule.kept.length,
  dropped: rule.dropped,
});

function orderOf({ id: rule, tenant, spec, key }: Rule): CaptureOrder {
  const { path, methods, statuses, redacts: names, keepsLogins } = spec;
  return { rule, tenant, path, methods, statuses, redacting: { key, names, keepsLogins } };
}

function summaryOf(record: CaptureRecord, rule: string): CaptureSummary {
  const { id: requestId, startMs: atMs, request, end, deployment, gap } = record;
  const { method, target } = request;
  const { status, error } = end;
  const id = randomBytes(6).toString("hex");
  return { id, rule, requestId, atMs, method, target, status, error, deployment, gap };
}
