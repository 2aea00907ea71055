// A collector that takes nothing but what OTLP's JSON allows: every field by its name and kind, ids
// of their length, 64-bit integers as strings, no attribute twice, no end before its beginning.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import * as z from "zod";

/** Spans take some tenths of a second; a busy machine may need much longer. */
const WAIT_MS_MAX = 60_000;

const traceId = z.string().regex(/^(?!0+$)[0-9a-f]{32}$/);
const spanId = z.string().regex(/^(?!0+$)[0-9a-f]{16}$/);
const integer = z.string().regex(/^-?\d{1,19}$/);
const nanoseconds = z.string().regex(/^[1-9]\d{18}$/);
const uint32 = z.int().min(0).max(0xffffffff);

const value = z.union([
  z.strictObject({ stringValue: z.string().refine((text) => text.isWellFormed()) }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: integer }),
  z.strictObject({ doubleValue: z.number() }),
]);

const attributes = z
  .array(z.strictObject({ key: z.string().min(1), value }))
  .refine((all) => new Set(all.map(({ key }) => key)).size === all.length, "a key twice");

const span = z
  .strictObject({
    traceId,
    spanId,
    parentSpanId: spanId.optional(),
    traceState: z.string().min(1).max(512).optional(),
    flags: uint32,
    name: z.string().min(1),
    kind: z.int().min(1).max(5),
    startTimeUnixNano: nanoseconds,
    endTimeUnixNano: nanoseconds,
    attributes,
    events: z
      .array(z.strictObject({ timeUnixNano: nanoseconds, name: z.string().min(1) }))
      .optional(),
    links: z.array(z.strictObject({ traceId, spanId, flags: uint32 })).optional(),
    status: z
      .strictObject({ message: z.string().optional(), code: z.int().min(0).max(2) })
      .optional(),
  })
  .refine(
    ({ startTimeUnixNano, endTimeUnixNano }) =>
      BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano),
    "it ends before it begins",
  );

const REQUEST = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string().min(1), version: z.string() }),
          spans: z.array(span).min(1),
        }),
      ),
    }),
  ),
});

/** What is wrong with the body of an export; empty: nothing. */
export function exportProblem(text: string): string {
  const { error } = REQUEST.safeParse(JSON.parse(text));
  return error === undefined ? "" : z.prettifyError(error);
}

export type OtlpSpan = z.output<typeof span>;

export interface ReceivedSpan extends OtlpSpan {
  readonly resource: Readonly<Record<string, unknown>>;
  /** Its attributes, by name. */
  readonly is: Readonly<Record<string, unknown>>;
}

export class OtlpCollector implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  /** What was wrong with exports. */
  readonly problems: string[] = [];
  /** Of each export. */
  readonly heads: NodeJS.Dict<string | string[]>[] = [];
  /** With which the next exports are answered, in the place of 200. */
  readonly refusals: number[] = [];
  readonly #server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      this.heads.push(request.headers);
      const status = this.refusals.shift() ?? 200;
      if (status === 200) this.#take(request.url ?? "", request.headers, Buffer.concat(pieces));
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
      this.#wake();
    });
  });
  #waiting: (() => void)[] = [];

  static async start(): Promise<OtlpCollector> {
    const collector = new OtlpCollector();
    await new Promise<void>((done) => collector.#server.listen(0, "127.0.0.1", done));
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Those of a request, as soon as it is there itself. */
  async request(fits: (server: ReceivedSpan) => boolean): Promise<readonly ReceivedSpan[]> {
    const timeout = AbortSignal.timeout(WAIT_MS_MAX);
    for (;;) {
      const server = this.spans.find((one) => one.kind === 2 && fits(one));
      if (server !== undefined) {
        const { spanId } = server;
        return this.spans.filter((one) => one === server || one.parentSpanId === spanId);
      }
      if (timeout.aborted) throw new Error(`no such trace in time; ${this.problems.join()}`);
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        timeout.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #take(url: string, headers: NodeJS.Dict<string | string[]>, bytes: Buffer): void {
    if (url !== "/v1/traces") this.problems.push(`posted to ${url}`);
    if (headers["content-type"] !== "application/json") this.problems.push("no JSON");
    const body = headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
    const parsed = REQUEST.safeParse(JSON.parse(body.toString("utf8")));
    if (!parsed.success) {
      this.problems.push(z.prettifyError(parsed.error));
      return;
    }
    for (const { resource, scopeSpans } of parsed.data.resourceSpans) {
      const of = byName(resource.attributes);
      for (const { spans } of scopeSpans) {
        for (const one of spans) {
          this.spans.push({ ...one, resource: of, is: byName(one.attributes) });
        }
      }
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

const byName = (all: z.output<typeof attributes>): Record<string, unknown> =>
  Object.fromEntries(all.map(({ key, value: of }) => [key, Object.values(of)[0]]));
