// A gigabyte each way at once, through hooks that await and to a reader that dawdles: every byte
// arrives as it was sent, and the proxy holds no more of it than its buffers.

import assert from "node:assert/strict";
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { test } from "node:test";
import { httpOrigin } from "../life/http-origin.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";

const GIB = 2 ** 30;
/** A prime number of bytes, so that no chunk of a transport falls on a boundary of the pattern. */
const PIECE = Buffer.from(Array.from({ length: 65_521 }, (_, i) => (i * i) % 251));
/** Resident memory after the first sixteenth, when heaps and pools have grown up, to the last. */
const GROWTH_MAX = 1.5;

const SCRIPT = `
  import { definePhases } from "sluice";
  const pass = async (session, ctx) => {
    await (++ctx.chunks % 64 === 0 ? new Promise((resolve) => setTimeout(resolve, 1)) : null);
    return session.chunk;
  };
  export default definePhases({
    newCtx: () => ({ chunks: 0 }),
    requestBodyFilter: pass,
    responseBodyFilter: pass,
  });
`;

const residentKiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

/** Writes the pattern until there are so many bytes, no faster than they are taken. */
async function send(to: NodeJS.WritableStream, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  for (let sent = 0; sent < bytes; ) {
    const piece = PIECE.subarray(0, Math.min(PIECE.length, bytes - sent));
    sent += piece.length;
    hash.update(piece);
    if (!to.write(piece)) await once(to, "drain");
  }
  to.end();
  return hash.digest("hex");
}

interface Reading {
  readonly from: IncomingMessage;
  readonly hash: Hash;
  /** Called at each sixteenth of a gigabyte. */
  readonly onPart: () => void;
  /** Turns of the event loop to wait after each chunk. */
  readonly pauses: number;
}

async function receive({ from, hash, onPart, pauses }: Reading): Promise<number> {
  let received = 0;
  for await (const chunk of from) {
    const part = Math.floor(received / (GIB / 16));
    received += chunk.length;
    hash.update(chunk);
    if (Math.floor(received / (GIB / 16)) > part) onPart();
    for (let i = 0; i < pauses; i++) await new Promise((resolve) => setImmediate(resolve));
  }
  return received;
}

interface Case {
  readonly what: string;
  readonly tenant: Readonly<Record<string, unknown>>;
  readonly pauses: number;
}

/** Each chunk costs processor time, and two gigabytes are many chunks. */
const HOOKED = { script: "main.ts", limits: { requestCpuMs: 600_000 } };

const CASES: readonly Case[] = [
  { what: "no script, to a slow reader", tenant: {}, pauses: 20 },
  { what: "hooks that await, inline", tenant: HOOKED, pauses: 0 },
  { what: "hooks that await, in a cell", tenant: { ...HOOKED, isolation: "process" }, pauses: 0 },
];

for (const { what, tenant, pauses } of CASES) {
  test(`a gigabyte up and down at once through ${what}: memory stays level`, async () => {
    await using origin = await httpOrigin((incoming, response) => {
      response.writeHead(200);
      incoming.pipe(response);
    });
    await using proxy = await TestProxy.start({
      files: { "main.ts": SCRIPT },
      config: oneTenant({ main: [origin.address] }, tenant),
    });
    const levels: number[] = [];
    const onPart = (): void => void levels.push(residentKiB(proxy.process.pid ?? 0));
    const outgoing = request({ host: "127.0.0.1", port: proxy.port, method: "POST" });
    const sent = send(outgoing, GIB);
    const [from]: readonly IncomingMessage[] = await once(outgoing, "response");
    assert.ok(from !== undefined);
    const hash = createHash("sha256");
    const received = await receive({ from, hash, onPart, pauses }).catch(String);
    const { reason } = await proxy.waitFor(({ msg }) => msg === "request");
    assert.deepEqual({ received, reason }, { received: GIB, reason: null });
    assert.equal(hash.digest("hex"), await sent);
    const growth = Math.max(...levels.slice(1)) / (levels[0] ?? 1);
    assert.ok(growth < GROWTH_MAX, `resident memory in KiB: ${levels.join(", ")}`);
  });
}
