// What a hook has asked of the host and waits for: a timer, the request's body. The answer is a
// record of a later turn. An ask belongs to the call that made it and ends with it.

import { ASKS_MAX, OUT } from "../../src/wire/records.ts";
import { type Call, current } from "./current.ts";
import { limits, out } from "./port.ts";
import { uncurry } from "./primordials.ts";

/** What the host said. `text` is its reason if it was not `ok`. */
export interface Answer {
  readonly ok: boolean;
  readonly text: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Ask {
  readonly owner: Call;
  /** Null: its answer is not wanted any more, and the host, which holds it, does not know. */
  settle: ((answer: Answer) => void) | null;
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

/** Asks the host. Throws outside a hook, and when too much is open. Returns the ask's id. */
export function ask(kind: number, amount: number, settle: (answer: Answer) => void): number {
  const owner = current();
  if (owner === null) throw new Error("this can only be done while a hook runs");
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
  if (!owner.isLive) return id; // it would end with its call, and that has ended
  mapSet(asks, id, { owner, settle });
  held++;
  owner.openAsks++;
  owner.asks ??= [];
  owner.hostCalls++;
  owner.asks[owner.asks.length] = id;
  out.record(OUT.ASK, owner.id, id, kind, amount);
  return id;
}

/** Its answer will not be wanted. */
export function withdraw(id: unknown): void {
  if (typeof id !== "number") return;
  const ask = mapGet(asks, id);
  if (ask === undefined || ask.settle === null) return;
  ask.settle = null;
  ask.owner.openAsks--;
}

/** The call that waits for this answer, if it still does. */
export function ownerOf(askId: number): Call | null {
  const ask = mapGet(asks, askId);
  if (ask === undefined) return null;
  if (ask.settle !== null) return ask.owner;
  forget(askId);
  return null;
}

export function settle(askId: number, answer: Answer): void {
  const wanted = mapGet(asks, askId)?.settle;
  withdraw(askId);
  forget(askId);
  wanted?.(answer);
}

/** Their call is over: the host forgets them too. */
export function withdrawAll(ids: readonly number[]): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] ?? 0;
    withdraw(id);
    forget(id);
  }
}

function forget(id: number): void {
  if (mapDelete(asks, id)) held--;
}
