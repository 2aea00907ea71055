// What one table of a tenant's rate limits tells another: a cell its host, the host a cell, a
// process its successor. States are absolute, and the larger is the later; what was decided is what
// came since the last time.
//
//   evicted (a double), then of each limit:
//   length of the name (a byte), name (latin1), algorithm (a byte), limit, window, burst,
//   allowed, refused (doubles), slots, and of each: low, high, words (64 bits);
//   holds, and of each: low, high, count, worker, serial

import { ALGORITHMS, type LimitRule } from "../wire/limits/algorithms.ts";
import { LIMIT_NAMES_MAX } from "../wire/limits/layout.ts";
import { shapeOf } from "../wire/limits/take.ts";
import type { HoldNote } from "./limit-holds.ts";
import type { SlotNote } from "./limit-slots.ts";

export interface LimitGroup {
  readonly name: string;
  readonly rule: LimitRule;
  /** Decisions since it was told last. */
  readonly allowed: number;
  readonly refused: number;
  readonly slots: readonly SlotNote[];
  /** A cell: holds since it told last. The host: all of the tenant's requests. */
  readonly holds: readonly HoldNote[];
}

export interface LimitNews {
  readonly evicted: number;
  readonly groups: readonly LimitGroup[];
}

/** Every slot and every hold of a table, with the names of its limits, is 3 MiB. */
export const LIMIT_NEWS_BYTES_MAX = 4_194_304;

const NAME = /^[!-~]{1,128}$/;
const HEAD_BYTES = 8;
/** Behind the name. */
const GROUP_BYTES = 1 + 3 * 4 + 2 * 8 + 4 + 4;
const TAG_BYTES = 8;
const HOLD_BYTES = 5 * 4;

const slotBytes = (rule: LimitRule): number => TAG_BYTES + (shapeOf(rule).words - 1) * 8;

export function encodeLimitNews({ evicted, groups }: LimitNews): Buffer {
  const sizes = groups.map(
    ({ name, rule, slots, holds }) =>
      1 + name.length + GROUP_BYTES + slots.length * slotBytes(rule) + holds.length * HOLD_BYTES,
  );
  const buffer = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, HEAD_BYTES));
  buffer.writeDoubleLE(evicted, 0);
  let at = HEAD_BYTES;
  for (const group of groups) at = writeGroup(buffer, group, at);
  return buffer;
}

function writeGroup(buffer: Buffer, group: LimitGroup, from: number): number {
  const { name, rule, allowed, refused, slots, holds } = group;
  let at = buffer.writeUInt8(name.length, from);
  at += buffer.write(name, at, "latin1");
  at = buffer.writeUInt8(rule.algorithm, at);
  for (const word of [rule.limit, rule.windowMs, rule.burst]) at = buffer.writeInt32LE(word, at);
  for (const total of [allowed, refused]) at = buffer.writeDoubleLE(total, at);
  at = buffer.writeUInt32LE(slots.length, at);
  at = buffer.writeUInt32LE(holds.length, at);
  for (const { low, high, words } of slots) {
    at = buffer.writeInt32LE(low, at);
    at = buffer.writeInt32LE(high, at);
    for (const word of words) at = buffer.writeBigInt64LE(word, at);
  }
  for (const { low, high, count, worker, serial } of holds) {
    for (const word of [low, high, count, worker, serial]) at = buffer.writeInt32LE(word, at);
  }
  return at;
}

/** Null: nobody honest wrote that. */
export function decodeLimitNews(bytes: Buffer): LimitNews | null {
  if (bytes.length < HEAD_BYTES || bytes.length > LIMIT_NEWS_BYTES_MAX) return null;
  const evicted = bytes.readDoubleLE(0);
  const groups: LimitGroup[] = [];
  for (let at = HEAD_BYTES; at < bytes.length; ) {
    const read = readGroup(bytes, at);
    if (read === null || groups.length === LIMIT_NAMES_MAX) return null;
    groups.push(read.group);
    at = read.end;
  }
  return isCount(evicted) ? { evicted, groups } : null;
}

function readGroup(bytes: Buffer, from: number): { group: LimitGroup; end: number } | null {
  const head = from + 1 + bytes.readUInt8(from);
  const body = head + GROUP_BYTES;
  if (body > bytes.length) return null;
  const name = bytes.toString("latin1", from + 1, head);
  const rule = {
    algorithm: bytes.readUInt8(head),
    limit: bytes.readInt32LE(head + 1),
    windowMs: bytes.readInt32LE(head + 5),
    burst: bytes.readInt32LE(head + 9),
  };
  const [allowed, refused] = [bytes.readDoubleLE(head + 13), bytes.readDoubleLE(head + 21)];
  const count = bytes.readUInt32LE(head + 29);
  const holdsAt = body + count * slotBytes(rule);
  const holdCount = bytes.readUInt32LE(head + 33);
  const end = holdsAt + holdCount * HOLD_BYTES;
  if (!NAME.test(name) || !isRule(rule) || end > bytes.length) return null;
  if (!isCount(allowed) || !isCount(refused)) return null;
  const slots = Array.from({ length: count }, (_, i) => readSlot(bytes, body, rule, i));
  const holds = Array.from({ length: holdCount }, (_, i) => readHold(bytes, holdsAt, i));
  return { group: { name, rule, allowed, refused, slots, holds }, end };
}

function readHold(bytes: Buffer, holdsAt: number, index: number): HoldNote {
  const at = holdsAt + index * HOLD_BYTES;
  return {
    low: bytes.readInt32LE(at),
    high: bytes.readInt32LE(at + 4),
    count: bytes.readInt32LE(at + 8),
    worker: bytes.readInt32LE(at + 12),
    serial: bytes.readInt32LE(at + 16),
  };
}

function readSlot(bytes: Buffer, body: number, rule: LimitRule, index: number): SlotNote {
  const at = body + index * slotBytes(rule);
  const words = Array.from({ length: shapeOf(rule).words - 1 }, (_, i) =>
    bytes.readBigInt64LE(at + TAG_BYTES + 8 * i),
  );
  return {
    low: bytes.readInt32LE(at) & ~255,
    high: bytes.readInt32LE(at + 4) & 0x1fff_ffff,
    words,
  };
}

const isRule = ({ algorithm, limit, windowMs, burst }: LimitRule): boolean =>
  algorithm >= 1 && algorithm <= ALGORITHMS && Math.min(limit, windowMs, burst) > 0;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** All that a table counts now, for one that starts from there. */
export function limitNewsOf(table: {
  readonly nameOf: (id: number) => string;
  readonly ruleOf: (id: number) => LimitRule;
  readonly live: () => Iterable<{ readonly id: number; readonly note: SlotNote }>;
  readonly held: () => Iterable<{ readonly id: number; readonly note: HoldNote }>;
}): LimitNews {
  const slotsOf = Map.groupBy(table.live(), ({ id }) => id);
  const holdsOf = Map.groupBy(table.held(), ({ id }) => id);
  const ids = new Set([...slotsOf.keys(), ...holdsOf.keys()]);
  const groups = [...ids].map((id): LimitGroup => {
    const slots = slotsOf.get(id)?.map(({ note }) => note) ?? [];
    const holds = holdsOf.get(id)?.map(({ note }) => note) ?? [];
    const [name, rule] = [table.nameOf(id), table.ruleOf(id)];
    return { name, rule, allowed: 0, refused: 0, slots, holds };
  });
  return { evicted: 0, groups: groups.filter(({ name }) => name !== "") };
}
