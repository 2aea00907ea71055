// The trampoline: the three functions through which the host enters an isolate. They take and
// return strings and numbers only. What throws out of them before they have published ends the
// isolate.
//
// A turn works through the records of its frame, and through what is ready to go on (ready.ts). It
// stops where a call may have left microtasks: those of that one call run when the crossing ends,
// and `take` goes on from there. So whatever runs after an `await` is known to belong to one call:
// its log lines, its errors, its time.
//
// What came of it is published where no call is in the middle of a slice. So all that has been
// counted by then is of slices whose records are in this frame, or were in one before it, and the
// host can take over both together.
//
//     crossing   start A │ microtasks of A │ start B │ microtasks of B │ publish A, B │
//                                later                       later            frame

import { CAME, CONTROL, SEED } from "../../src/wire/control.ts";
import { FRAME_SIZE_MAX, IN, OUT, OUTCOME, RECORD_WORDS } from "../../src/wire/records.ts";
import { ownerOf, settle } from "./asks.ts";
import { cancel, noteCtx, overspent, start, tellWhoWaits } from "./call.ts";
import { startClock, wallMs } from "./clock.ts";
import {
  type Call,
  charge,
  chargedMs,
  enter,
  isSpent,
  isUsedUp,
  leave,
  mayTakeLong,
  pause,
  startMeter,
  type Waiting,
} from "./current.ts";
import { logThrown } from "./log.ts";
import { mayHaveLeftMicrotasks, wereMicrotasksLeft } from "./microtasks.ts";
import { cutText } from "./parts.ts";
import { out, windows } from "./port.ts";
import { cutBytes, readCall } from "./read.ts";
import { hasReady, makeReady, rejoin, Task, takeCall, takeReady } from "./ready.ts";

/**
 * A turn takes no new call after this long, and hands the rest back as not started. What is ready
 * to go on then does so in the next turn.
 */
const TURN_MS = 5;
/**
 * The host hears of what is finished after this long, though others are not. Where slices are long
 * it hears at once, or many would wait for one: that is a crossing more for each.
 */
const PUBLISH_MS = 1;
/** Records that a call may still need when it is started. */
const ROOM_MIN = 512;

/** Records and texts of the last publication, for a host whose call threw before it got them. */
let publishedText = "";
let publishedCount = 0;

const NO_BYTES = new ArrayBuffer(0);
const cursor = { text: "", bytes: NO_BYTES, record: 0, at: 0, byteAt: 0, records: 0, turnMs: 0 };
let startedMs = 0;
let publishedMs = 0;
let hasStarted = false;
let hasGoneOn = false;
/** A call of this turn starts in the next. */
let hasHandedBack = false;
/** What is ready and what has come take turns, so that neither holds up the other for ever. */
let isReadyNext = true;
/** The call whose microtasks run when this crossing ends; null: there are none. */
let slice: Call | null = null;

/** A frame comes in. Returns the text of the frame that goes out; its records are in the outbox. */
export function turn(text: string, nowMs: number, bytes?: ArrayBuffer): string {
  startClock(nowMs, windows.control[CONTROL.SEED + SEED.random] ?? 0);
  cursor.text = text;
  cursor.record = 0;
  cursor.bytes = bytes ?? NO_BYTES;
  cursor.at = 0;
  cursor.byteAt = 0;
  cursor.records = windows.control[CONTROL.IN_RECORDS] ?? 0;
  cursor.turnMs = nowMs;
  startedMs = wallMs();
  publishedMs = startedMs;
  startMeter(startedMs);
  hasStarted = false;
  hasGoneOn = false;
  hasHandedBack = false;
  return step();
}

/**
 * Goes on with the turn. `again` is 1 when the last crossing threw after it had published (the host
 * knows by CAME), and its text was lost.
 */
export function take(again: number): string {
  if (again !== 1) return step();
  windows.control[CONTROL.OUT_RECORDS] = publishedCount;
  return publishedText;
}

/** The byte section of what was published last. */
export const bytes = (): ArrayBuffer => out.takeBytes();

function step(): string {
  const pausedMs = windows.control[CONTROL.PAUSED_MS] ?? 0;
  if (pausedMs > 0) {
    windows.control[CONTROL.PAUSED_MS] = 0;
    pause(pausedMs);
    publishedMs += pausedMs;
  }
  wereMicrotasksLeft();
  const before = slice;
  // what is in line tells of its ctx after its next slice
  const hasNoted = before !== null && !before.isInLine && noteCtx(before);
  charge(); // that, and microtasks of the crossing before
  slice = null;
  const isDue = out.isInParts || (before !== null && cannotWait());
  out.dropPublished();
  // a getter in ctx has left them: they are the same call's, and its ctx is not told again for them
  if (hasNoted && mayHaveLeftMicrotasks()) return later();
  while (slice === null && !isDue && hasRoom() && hasWork()) slice = next();
  if (slice !== null) return later();
  if (!hasReady() && !hasRecord() && !hasHandedBack) tellWhoWaits();
  return publish(hasWork());
}

/** What has finished is not to wait for the next slice. */
const cannotWait = (): boolean => chargedMs() - publishedMs >= PUBLISH_MS || mayTakeLong();
const hasRoom = (): boolean => out.room > ROOM_MIN && out.size < FRAME_SIZE_MAX;
const hasRecord = (): boolean => cursor.record < cursor.records;
const isLate = (): boolean => chargedMs() - startedMs >= TURN_MS;
const mayGoOn = (): boolean => hasReady() && !(hasGoneOn && isLate());
const hasWork = (): boolean => hasRecord() || mayGoOn();

/** One piece of work. Returns the call whose microtasks must run before the next. */
function next(): Call | null {
  const isReady = mayGoOn() && (isReadyNext || !hasRecord());
  isReadyNext = !isReady;
  return isReady ? goOn() : readRecord();
}

/** A slice of the call that has stood in line for longest. */
function goOn(): Call | null {
  const call = takeCall();
  if (call === null) return null;
  hasGoneOn = true;
  enter(call);
  if (call.isLive && isSpent(call)) overspent(call);
  const isToEnd = isUsedUp(call);
  for (let one = takeReady(call); one !== null; one = takeReady(call)) {
    if (isToEnd) continue;
    proceed(one);
    if (one.isTask) break;
  }
  rejoin(call);
  return call;
}

function proceed(one: Waiting): void {
  try {
    one.goOn();
  } catch (thrown) {
    logThrown(thrown); // no hook waits for what a timer's own function throws
  }
}

/** Works through one record and its parts. */
function readRecord(): Call | null {
  const at = cursor.record * RECORD_WORDS;
  const id = windows.inbox[at + 1] ?? 0;
  switch (windows.inbox[at]) {
    case IN.CALL:
      return startCall();
    case IN.ANSWER:
      answer(id, at);
      break;
    case IN.CANCEL:
      cancel(id);
  }
  cursor.record++;
  return null;
}

function startCall(): Call | null {
  const nowMs = chargedMs(); // as a crossing begins, and as a call ends
  const isTooLate = hasStarted && isLate();
  windows.control[CONTROL.CALL_ID] = 0; // if it cannot be read, the call before is not to blame
  const call: Call = readCall(cursor);
  if (isTooLate) {
    hasHandedBack = true;
    out.record(OUT.DONE, call.id, OUTCOME.notStarted, 0, 0);
    return null;
  }
  hasStarted = true;
  const awaits = start(call, nowMs);
  if (mayHaveLeftMicrotasks()) return call;
  return awaits ? rest(call) : null;
}

/** It waits for the host, and nothing of it runs before that answers. */
function rest(call: Call): Call | null {
  noteCtx(call);
  charge(); // whoever starts next would pay for it
  return wereMicrotasksLeft() ? call : null; // by a getter in ctx
}

/** It goes on in a slice of the call that asked. */
function answer(askId: number, at: number): void {
  const text = cutText(cursor, windows.inbox[at + 3] ?? 0);
  const bytes = cutBytes(cursor, windows.inbox[at + 4] ?? 0);
  const ok = windows.inbox[at + 2] === 1;
  const owner = ownerOf(askId);
  if (owner !== null) makeReady(owner, new Task(() => settle(askId, { ok, text, bytes })));
}

/** Microtasks of the running call run when this crossing ends. */
function later(): string {
  charge();
  windows.control[CONTROL.CAME] = CAME.later;
  return "";
}

function publish(more: boolean): string {
  leave();
  publishedMs = chargedMs();
  const control = windows.control;
  const published = out.publish();
  publishedCount = published.count;
  publishedText = published.text;
  control[CONTROL.OUT_RECORDS] = publishedCount;
  control[CONTROL.OUT_BYTES] = published.bytes;
  if (more) control[CONTROL.MORE] = 1;
  control[CONTROL.READY] = hasReady() ? 1 : 0;
  control[CONTROL.CAME] = CAME.frame;
  return publishedText;
}
