// What a hook has asked of the host and waits for, whatever it is. The answer is a record of a
// later turn. An ask belongs to a call and ends with it: what waits for its answer is
// then rejected, so that a promise that other requests share is settled all the same.

import { ASK } from "../../src/wire/asks.ts";
import { IdTable } from "../../src/wire/id-table.ts";
import { ASKS_MAX, OUT } from "../../src/wire/records.ts";
import type { Answer } from "./answer.ts";
import { AskIds } from "./ask-ids.ts";
import { type Call, current } from "./current.ts";
import { isNoted, learnt, SOURCE } from "./learnt.ts";
import { isNotedAsk, Replaying } from "./notes.ts";
import { limits, out } from "./port.ts";
import { stringIndexOf, stringSlice } from "./primordials.ts";
import { makeReady, Task } from "./ready.ts";
import { DOMException } from "./web/exception.ts";

/** Who waits for an answer. */
export interface Asker {
  settle(answer: Answer): void;
  /** There will be none. Null: nobody needs to know. */
  readonly abort: ((reason: unknown) => void) | null;
}

interface Ask {
  readonly id: number;
  readonly owner: Call;
  readonly name: string;
  readonly asker: Asker;
  /** Tells it from others of its call; empty: nobody notes what it is answered. */
  readonly key: string;
}

/** All that wait for an answer: until the host has answered, or the call is over. */
const asks = new IdTable<Ask>();
const ids = new AskIds(0x3fff_ffff);

type Calls = Pick<IdTable<Call>, "forEach">;
/** Those that await something, or go on: what they asked for the host may hold. */
let calls: Calls | null = null;

export function lookAtCalls(given: Calls): void {
  calls = given;
}

/** A call that has just begun is not among them yet, and may ask for what is another's. */
function nextId(owner: Call): number {
  while (ids.isAtEnd) {
    ids.findRoom((visit) => {
      visitAll(owner.asks, visit);
      visitAll(current()?.asks ?? null, visit);
      calls?.forEach((call) => {
        visitAll(call.asks, visit);
      });
    });
  }
  return ids.next();
}

function visitAll(held: readonly number[] | null, visit: (id: number) => void): void {
  for (let i = 0; i < (held?.length ?? 0); i++) visit(held?.[i] ?? 0);
}

/** What the host is asked for. */
export interface Wish {
  /** What the script called. */
  readonly name: string;
  /** ASK of wire/asks.ts, which says what the text is. */
  readonly kind: number;
  /** latin1 */
  readonly text: string;
  /** Out of the script's reach. Null: none. */
  readonly bytes: Uint8Array | null;
}

/** Asks the host. Throws outside a hook, and when too much is open. Returns the ask's id. */
export function ask(owner: Call | null, wish: Wish, asker: Asker): number {
  const { name, kind, text, bytes } = wish;
  if (owner === null) throw new Error("this can only be done while a hook runs");
  if (!owner.isLive) throw over(name);
  // pieces of what goes on are bounded by whoever takes and gives them
  const isCounted = kind !== ASK.next;
  if (isCounted && owner.hostCalls >= limits.hostCalls) {
    throw new RangeError(`too many host calls: at most ${limits.hostCalls} (limits.hostCalls)`);
  }
  if (owner.openAsks >= limits.hostCallsAtOnce) {
    const most = `${limits.hostCallsAtOnce} (limits.hostCallsAtOnce)`;
    throw new RangeError(`too many host calls at once: at most ${most}`);
  }
  if (asks.size >= ASKS_MAX || !out.hasRoom) {
    throw new RangeError("too many requests to the host");
  }
  const id = nextId(owner);
  const key = isNotedAsk(kind) && isNoted() ? keyOf(owner, kind, text) : "";
  asks.set({ id, owner, name, asker, key });
  owner.openAsks++;
  owner.asks ??= [];
  if (isCounted) owner.hostCalls++;
  owner.asks[owner.asks.length] = id;
  if (key !== "" && owner.notes instanceof Replaying && owner.notes.answers(id, kind, key)) {
    if (owner.notes.dueCount === 1) makeReady(owner, new Task(() => giveDue(owner)));
    return id;
  }
  if (bytes === null) out.write(text, OUT.ASK, owner.id, id, kind, text.length);
  else out.writeBytes(bytes, text, [OUT.ASK, owner.id, id, kind, text.length, bytes.length]);
  return id;
}

/** What an earlier ask holds is named by its place among those of the call, not by its id. */
function keyOf(owner: Call, kind: number, text: string): string {
  if (kind !== ASK.next) return `${kind} ${text}`;
  const at = stringIndexOf(text, " ");
  const holder = +stringSlice(text, 0, at);
  const all = owner.asks ?? [];
  for (let i = 0; i < all.length; i++) {
    if (all[i] === holder) return `${kind} ${i}${stringSlice(text, at)}`;
  }
  return "";
}

/** In the order in which they were answered, each when all that the one before woke has run. */
function giveDue(owner: Call): void {
  const { notes } = owner;
  if (!(notes instanceof Replaying)) return;
  const again = (): void => makeReady(owner, new Task(() => giveDue(owner)));
  if (owner.firstReady !== null) return again();
  const due = notes.next();
  if (notes.dueCount > 0) again();
  if (due !== null) settle(due.askId, due.answer);
}

/** Whether the host is to answer anything. */
export const isHostAsked = (): boolean => asks.size > 0;

/** Why there is no answer, and none to be had. */
const over = (name: string): DOMException =>
  new DOMException(`${name}: the hook that it belongs to is over`, "AbortError");

/** Its answer is not wanted any more: the host stops what it began. */
export function withdraw(id: unknown): void {
  const ask = typeof id === "number" ? forget(id) : null;
  if (ask !== null) letGo(ask.owner, id as number);
}

/** The host stops what it still holds by an ask that it has answered, or not. */
export function letGo(owner: Call, id: number): void {
  if (owner.isLive) out.record(OUT.WITHDRAW, owner.id, id);
}

/** The call that waits for this answer, if it still does. */
export const ownerOf = (askId: number): Call | null => asks.get(askId)?.owner ?? null;

/** In a slice of its call. Nothing, if that has ended in the meantime. */
export function settle(askId: number, answer: Answer): void {
  const one = forget(askId);
  if (one === null) return;
  one.asker.settle(one.key === "" ? answer : learnt(SOURCE.host, one.key, answer));
}

/** Their call is over: the host forgets them too. Who waits for them is told in a slice of it. */
export function withdrawAll(ids: readonly number[]): void {
  for (let i = 0; i < ids.length; i++) {
    const ask = forget(ids[i] ?? 0);
    const abort = ask?.asker.abort ?? null;
    if (ask === null || abort === null) continue;
    makeReady(ask.owner, new Task(() => abort(over(ask.name))));
  }
}

/** Null: it was not open any more. */
function forget(id: number): Ask | null {
  const ask = asks.delete(id);
  if (ask !== null) ask.owner.openAsks--;
  return ask;
}
