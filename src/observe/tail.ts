// The live tail in one worker: requests and script lines, as server-sent events, for those who read
// at this moment. While nobody does, it costs the one look at `isOpen`.
//
//     event: request                       event: log
//     data: {"level":"info","time":…}      data: {"level":"error",…,"at":"main.ts:7:11","msg":…}

import { LIMITS } from "../base/limits.ts";
import { type AccessFields, accessLine, forTenant } from "./access.ts";
import { quoted } from "./plain-text.ts";
import { type ScriptMessage, stackOf } from "./script-log.ts";
import { TailBatch, type TailNews, type TailSubscription } from "./tail-batch.ts";
import { isTenants, tailsMessage, tailsRequest } from "./tail-filter.ts";

export class Tail {
  /** Somebody reads. Ask first: what is to be told need not even be made otherwise. */
  isOpen = false;
  readonly #post: (news: TailNews) => void;
  readonly #timer: NodeJS.Timeout;
  #batches: ReadonlyMap<number, TailBatch> = new Map();
  #isWaiting = false;

  constructor(post: (news: TailNews) => void) {
    this.#post = post;
    this.#timer = setTimeout(() => this.#tick(), LIMITS.logBatchMs).unref();
  }

  /** Who reads from now on. Those that did before go on as they were. */
  subscribe(subscriptions: readonly TailSubscription[]): void {
    const before = this.#batches;
    this.#batches = new Map(
      subscriptions.map((one) => [one.id, before.get(one.id) ?? new TailBatch(one)]),
    );
    this.isOpen = subscriptions.length > 0;
  }

  request(whole: AccessFields): void {
    const ofTenant = forTenant(whole);
    const events = new Map<AccessFields, string>();
    for (const batch of this.#batches.values()) {
      const fields = isTenants(batch.filter) ? ofTenant : whole;
      if (!tailsRequest(batch.filter, fields)) continue;
      this.#wait();
      if (!batch.takeLine()) continue;
      const event = events.get(fields) ?? requestEvent(fields);
      events.set(fields, event);
      batch.add(event);
    }
  }

  message(message: ScriptMessage): void {
    let event = "";
    for (const batch of this.#batches.values()) {
      if (!tailsMessage(batch.filter, message)) continue;
      this.#wait();
      if (!batch.takeLine()) continue;
      if (event === "") event = `event: log\ndata: ${messageLine(message)}\n\n`;
      batch.add(event);
    }
  }

  /** Posts what there is. To be called before the worker ends. */
  flush(): void {
    for (const batch of this.#batches.values()) {
      const news = batch.flush();
      if (news !== null) this.#post(news);
    }
  }

  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#timer.refresh();
  }

  /** A reader that has no room now is told later how much it missed. */
  #tick(): void {
    this.#isWaiting = false;
    this.flush();
    for (const batch of this.#batches.values()) if (batch.isPending) this.#wait();
  }
}

const requestEvent = (fields: AccessFields): string =>
  `event: request\ndata: ${accessLine("json", fields)}\n`;

/** As the log has it (script-log.ts), field by field. */
function messageLine(message: ScriptMessage): string {
  const { level, tenant, deployment = "", id, hook, code = "", at = "" } = message;
  const named = { tenant, deployment, id, hook, code, at };
  let line = `{"level":"${level}","time":"${new Date().toISOString()}","source":"script"`;
  for (const [name, value] of Object.entries(named)) {
    if (value !== "") line += `,"${name}":${quoted(value, LIMITS.accessFieldChars)}`;
  }
  const stack = stackOf(message);
  if (stack !== undefined) line += `,"stack":${quoted(stack, LIMITS.scriptMessageChars)}`;
  return `${line},"msg":${quoted(message.message, LIMITS.scriptMessageChars)}}`;
}
