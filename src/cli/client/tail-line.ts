// One event of the tail as a line: as it came, or for people.

import * as z from "zod";
import { accessLine } from "../../observe/access.ts";
import { harmless, printable } from "../../observe/plain-text.ts";
import { prettyLogLine } from "../../observe/pretty.ts";
import type { StreamEvent } from "./event-stream.ts";

const nullable = <T extends z.ZodType>(type: T) => type.nullable().default(null);

const OWN = z.record(z.string(), nullable(z.union([z.string(), z.number(), z.boolean()])));

/** The access line (observe/access.ts), read again. */
const REQUEST = z.object({
  time: z.string(),
  id: z.string(),
  tenant: nullable(z.string()),
  deployment: nullable(z.union([z.string(), z.number()])),
  client: z.string(),
  method: z.string(),
  host: z.string(),
  target: z.string(),
  status: z.number(),
  error: nullable(z.string()),
  reason: nullable(z.string()),
  bytesReceived: z.number(),
  bytesSent: z.number(),
  durationMs: z.number(),
  upstream: nullable(z.string()),
  reused: z.boolean(),
  attempts: z.number(),
  marks: nullable(z.record(z.string(), z.number())),
  fields: nullable(OWN),
  node: nullable(z.string()),
  operator: nullable(z.object({ deployment: z.string(), fields: nullable(OWN) })),
});

const DROPPED = z.object({ lines: z.number(), node: z.string().optional() });

/** Of several that share a store: one that does not answer, or does again. */
const NODE = z.object({ node: z.string(), reason: z.string() });

/** With its line feed; empty: nothing to show. What cannot be read is shown as it came. */
export function tailLine({ name, data }: StreamEvent, isPretty: boolean): string {
  if (name === "dropped") return droppedLine(data, isPretty);
  if (name === "node") return nodeLine(data, isPretty);
  if (!isPretty) return harmless(`${data}\n`);
  if (name !== "request") return prettyLogLine(data);
  const request = REQUEST.safeParse(JSON.parse(data));
  if (!request.success) return prettyLogLine(data);
  const { time, node, operator: around, ...fields } = request.data;
  const operator = around === null ? null : { ...around, hasFailed: false };
  const line = accessLine("pretty", { ...fields, operator, timeMs: Date.parse(time) });
  return node === null ? line : `${printable(node, NODE_CHARS)}  ${line}`;
}

const NODE_CHARS = 60;

/** In JSON a line like the others, so that a program sees it too. */
function droppedLine(data: string, isPretty: boolean): string {
  const { lines, node } = DROPPED.parse(JSON.parse(data));
  if (!isPretty) return `${JSON.stringify({ level: "warn", msg: "dropped", lines, node })}\n`;
  const where = node === undefined ? "" : ` at ${printable(node, NODE_CHARS)}`;
  return `… ${lines} lines dropped${where}: they came faster than they were read\n`;
}

function nodeLine(data: string, isPretty: boolean): string {
  const { node, reason } = NODE.parse(JSON.parse(data));
  const msg = reason === "" ? "proxy is read" : "proxy is not read";
  if (!isPretty) return `${JSON.stringify({ level: "warn", msg, node, reason })}\n`;
  const why = reason === "" ? "is read again" : `is not read: ${printable(reason, REASON_CHARS)}`;
  return `… ${printable(node, NODE_CHARS)} ${why}\n`;
}

const REASON_CHARS = 200;
