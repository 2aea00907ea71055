// What one worker captures: the requests that a rule of their tenant may want, until they have
// ended and it is known whether it does. Bounded in number and rate, so that a flood of requests
// costs what a few do.

import { CAPTURE_LIMITS } from "../../base/capture-limits.ts";
import { Capture } from "../../downstream/capture/capture.ts";
import type { Tenant } from "../../downstream/serve-context.ts";
import type { RequestHead } from "../../http1/messages.ts";
import type { CaptureRecord } from "../../observe/capture/record.ts";
import { redacted } from "../../observe/capture/redact.ts";
import {
  type CaptureNews,
  type CaptureOrder,
  hasEndedAs,
  mayMatch,
} from "../../observe/capture/rule.ts";

const SECOND_MS = 1_000;

export class Captures {
  /** By the tenant's identity. */
  #orders = new Map<string, CaptureOrder[]>();
  readonly #tell: (news: CaptureNews) => void;
  readonly #nowMs: () => number;
  #underWay = 0;
  #begun = 0;
  #sinceMs = 0;

  constructor(tell: (news: CaptureNews) => void, nowMs: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#nowMs = nowMs;
  }

  obey(orders: readonly CaptureOrder[]): void {
    this.#orders = Map.groupBy(orders, ({ tenant }) => tenant);
  }

  /** Null: nobody wants it, or there are as many as there may be. */
  readonly captureOf = ({ id }: Pick<Tenant, "id">, head: RequestHead): Capture | null => {
    if (this.#orders.size === 0) return null;
    const orders = this.#orders.get(id)?.filter((order) => mayMatch(order, head)) ?? [];
    if (orders.length === 0 || !this.#hasRoom()) return null;
    this.#underWay++;
    return new Capture((record) => {
      this.#underWay--;
      this.#ended(id, orders, record);
    });
  };

  #hasRoom(): boolean {
    const nowMs = this.#nowMs();
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#sinceMs = nowMs;
      this.#begun = 0;
    }
    if (this.#underWay >= CAPTURE_LIMITS.underWay) return false;
    return ++this.#begun <= CAPTURE_LIMITS.perSecond;
  }

  /** The first rule that wants it and still holds has it. */
  #ended(tenant: string, orders: readonly CaptureOrder[], record: CaptureRecord): void {
    const { status, error } = record.end;
    const now = this.#orders.get(tenant) ?? [];
    const order = orders.find(
      (one) => hasEndedAs(one, { status, error }) && now.some(({ rule }) => rule === one.rule),
    );
    if (order === undefined) return;
    const text = JSON.stringify(redacted(record, order.redacting));
    const isTooLarge = text.length > CAPTURE_LIMITS.recordChars;
    this.#tell({ rule: order.rule, text: isTooLarge ? "" : text });
  }
}
