// What a hook has asked of the host and waits for: a timer, the request's body. The answer is a
// record of a later turn. An ask belongs to a call and ends with it: what waits for its answer is
// then rejected, so that a promise that other requests share is settled all the same.

import { ASKS_MAX, OUT } from "../../src/wire/records.ts";
import type { Call } from "./current.ts";
import { limits, out } from "./port.ts";
import { uncurry } from "./primordials.ts";
import { makeReady, Task } from "./ready.ts";
import { DOMException } from "./web/exception.ts";

/** What the host said. `text` is its reason if it was not `ok`. */
export interface Answer {
  readonly ok: boolean;
  readonly text: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Who waits for an answer. */
export interface Asker {
  settle(answer: Answer): void;
  /** There will be none. Null: nobody needs to know. */
  readonly abort: ((reason: unknown) => void) | null;
}

interface Ask {
  readonly owner: Call;
  readonly name: string;
  /** Null: its answer is not wanted any more, and the host, which holds it, does not know. */
  asker: Asker | null;
}

/** All that the host holds: until it has answered, or the call is over. */
const asks = new Map<number, Ask>();
const mapGet: (map: Map<number, Ask>, id: number) => Ask | undefined = uncurry(Map.prototype.get);
const mapSet: (map: Map<number, Ask>, id: number, value: Ask) => unknown = uncurry(
  Map.prototype.set,
);
const mapDelete: (map: Map<number, Ask>, id: number) => boolean = uncurry(Map.prototype.delete);
let lastId = 0;
let held = 0;

/** What the host is asked for: ASK of wire/records.ts, and a number. */
export interface Wish {
  /** What the script called. */
  readonly name: string;
  readonly kind: number;
  readonly amount: number;
}

/** Asks the host. Throws outside a hook, and when too much is open. Returns the ask's id. */
export function ask(owner: Call | null, { name, kind, amount }: Wish, asker: Asker): number {
  if (owner === null) throw new Error("this can only be done while a hook runs");
  if (!owner.isLive) throw over(name);
  if (owner.hostCalls >= limits.hostCalls) {
    throw new RangeError(`too many host calls: at most ${limits.hostCalls} (limits.hostCalls)`);
  }
  if (owner.openAsks >= limits.hostCallsAtOnce) {
    const most = `${limits.hostCallsAtOnce} (limits.hostCallsAtOnce)`;
    throw new RangeError(`too many host calls at once: at most ${most}`);
  }
  if (held >= ASKS_MAX || !out.hasRoom) {
    throw new RangeError("too many requests to the host");
  }
  const id = ++lastId;
  mapSet(asks, id, { owner, name, asker });
  held++;
  owner.openAsks++;
  owner.asks ??= [];
  owner.hostCalls++;
  owner.asks[owner.asks.length] = id;
  out.record(OUT.ASK, owner.id, id, kind, amount);
  return id;
}

/** Why there is no answer, and none to be had. */
const over = (name: string): DOMException =>
  new DOMException(`${name}: the hook that it belongs to is over`, "AbortError");

/** Its answer will not be wanted. */
export function withdraw(id: unknown): void {
  if (typeof id !== "number") return;
  const ask = mapGet(asks, id);
  if (ask === undefined || ask.asker === null) return;
  ask.asker = null;
  ask.owner.openAsks--;
}

/** The call that waits for this answer, if it still does. */
export function ownerOf(askId: number): Call | null {
  const ask = mapGet(asks, askId);
  if (ask === undefined) return null;
  if (ask.asker !== null) return ask.owner;
  forget(askId);
  return null;
}

/** In a slice of its call. Nothing, if that has ended in the meantime. */
export function settle(askId: number, answer: Answer): void {
  const asker = mapGet(asks, askId)?.asker;
  withdraw(askId);
  forget(askId);
  asker?.settle(answer);
}

/** Their call is over: the host forgets them too. Who waits for them is told in a slice of it. */
export function withdrawAll(ids: readonly number[]): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] ?? 0;
    const ask = mapGet(asks, id);
    const abort = ask?.asker?.abort ?? null;
    withdraw(id);
    forget(id);
    if (ask === undefined || abort === null) continue;
    makeReady(ask.owner, new Task(() => abort(over(ask.name))));
  }
}

function forget(id: number): void {
  if (mapDelete(asks, id)) held--;
}
