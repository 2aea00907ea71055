// The trampoline: the three functions through which the host enters an isolate. They take and
// return strings and numbers only. What throws out of them before they have published ends the
// isolate.
//
// A turn works through the records of its frame. It stops early where a hook awaits something:
// the microtasks of that one call run when the crossing ends, and `take` goes on from there. So
// whatever runs after an `await` is known to belong to one call: its log lines, its errors, its
// time.

import { CONTROL } from "../../src/wire/control.ts";
import { FRAME_SIZE_MAX, IN, OUT, OUTCOME, RECORD_WORDS } from "../../src/wire/records.ts";
import { ownerOf, settle } from "./asks.ts";
import { cancel, overspent, start } from "./call.ts";
import { startClock, wallMs } from "./clock.ts";
import { type Call, charge, enter, isSpent, pause, startMeter } from "./current.ts";
import { logThrown } from "./log.ts";
import { cutText } from "./parts.ts";
import { out, windows } from "./port.ts";
import { cutBytes, readCall } from "./read.ts";

/** A turn takes no new call after this long, and hands the rest back as not started. */
const TURN_MS = 5;
/** Records that a call may still need when it is started. */
const ROOM_MIN = 512;

/** Records and texts of the last publication, for a host whose call threw before it got them. */
let publishedText = "";
let publishedCount = 0;

const NO_BYTES = new ArrayBuffer(0);
const cursor = { text: "", bytes: NO_BYTES, record: 0, at: 0, byteAt: 0, records: 0, turnMs: 0 };
let startedMs = 0;
let hasStarted = false;

/** A frame comes in. Returns the text of the frame that goes out; its records are in the outbox. */
export function turn(text: string, nowMs: number, seed: number, bytes?: ArrayBuffer): string {
  startClock(nowMs, seed);
  cursor.text = text;
  cursor.record = 0;
  cursor.bytes = bytes ?? NO_BYTES;
  cursor.at = 0;
  cursor.byteAt = 0;
  cursor.records = windows.control[CONTROL.IN_RECORDS] ?? 0;
  cursor.turnMs = nowMs;
  startedMs = wallMs();
  startMeter(startedMs);
  hasStarted = false;
  return step();
}

/**
 * Goes on with the turn. `again` is 1 when the last crossing threw after it had published (the host
 * knows by PUBLISHED), and its text was lost.
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
  }
  charge(); // microtasks of the crossing before
  windows.control[CONTROL.IN_MICROTASKS] = 0;
  out.dropPublished();
  let awaits = false;
  while (!awaits && cursor.record < cursor.records && hasRoom()) awaits = next();
  return publish(awaits || cursor.record < cursor.records);
}

const hasRoom = (): boolean => out.room > ROOM_MIN && out.size < FRAME_SIZE_MAX;

/** Works through one record and its parts. True: microtasks must run before the next. */
function next(): boolean {
  const at = cursor.record * RECORD_WORDS;
  const id = windows.inbox[at + 1] ?? 0;
  switch (windows.inbox[at]) {
    case IN.CALL:
      return startCall();
    case IN.ANSWER:
      cursor.record++;
      return answer(id, at);
    case IN.CANCEL:
      cancel(id);
  }
  cursor.record++;
  return false;
}

function startCall(): boolean {
  const nowMs = wallMs();
  const isLate = hasStarted && nowMs - startedMs >= TURN_MS;
  windows.control[CONTROL.CALL_ID] = 0; // if it cannot be read, the call before is not to blame
  const call: Call = readCall(cursor);
  if (isLate) {
    out.record(OUT.DONE, call.id, OUTCOME.notStarted, 0, 0);
    return false;
  }
  hasStarted = true;
  return start(call, nowMs);
}

function answer(askId: number, at: number): boolean {
  windows.control[CONTROL.CALL_ID] = 0;
  const text = cutText(cursor, windows.inbox[at + 3] ?? 0);
  const bytes = cutBytes(cursor, windows.inbox[at + 4] ?? 0);
  const owner = ownerOf(askId);
  if (owner === null) return false;
  enter(owner);
  if (isSpent(owner)) {
    overspent(owner);
    return false;
  }
  try {
    settle(askId, { ok: windows.inbox[at + 2] === 1, text, bytes });
  } catch (thrown) {
    logThrown(thrown); // no hook waits for what a timer's own function throws
  }
  return true;
}

function publish(more: boolean): string {
  charge();
  const control = windows.control;
  control[CONTROL.IN_MICROTASKS] = 1;
  const published = out.publish();
  publishedCount = published.count;
  publishedText = published.text;
  control[CONTROL.OUT_RECORDS] = publishedCount;
  control[CONTROL.OUT_BYTES] = published.bytes;
  if (more) control[CONTROL.MORE] = 1;
  control[CONTROL.PUBLISHED] = 1;
  return publishedText;
}
