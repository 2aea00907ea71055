// Sends the spans of all workers to a collector, in the main thread: one export at a time, as many
// spans as wait, and again later if the collector says so. Whatever it does, requests do not wait.

import type { TracingConfig } from "../../base/config/types.ts";
import { LIMITS } from "../../base/limits.ts";
import { within } from "../../base/within.ts";
import { type Attributes, exportText } from "./otlp-text.ts";
import type { Collector, Posted } from "./post-spans.ts";
import type { SpanNews } from "./span-batch.ts";
import { SpanQueue } from "./span-queue.ts";

export interface SpanExporterOptions {
  readonly headers: Collector["headers"];
  /** Of the process: in every export, behind what is configured. */
  readonly resource: Attributes;
  readonly version: string;
  readonly post: (text: string, collector: Collector, signal: AbortSignal) => Promise<Posted>;
  readonly onExported: (spans: number) => void;
  readonly onDropped: (spans: number) => void;
  /** Told when exports begin to fail, and when they succeed again (null). */
  readonly onTrouble: (reason: string | null) => void;
}

export class SpanExporter {
  readonly #options: SpanExporterOptions;
  readonly #queue: SpanQueue;
  readonly #ended = new AbortController();
  /** As it is live; null: nothing is traced. */
  #tracing: TracingConfig | null = null;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #isInTrouble = false;
  #isClosing = false;
  /** Ends a wait for the next try. */
  #wake: () => void = () => {};

  constructor(options: SpanExporterOptions) {
    this.#options = options;
    this.#queue = new SpanQueue(options.onDropped);
  }

  receive(news: readonly SpanNews[], tracing: TracingConfig | null): void {
    this.#tracing = tracing;
    for (const one of news) this.#queue.add(one);
    if (this.#queue.spans >= LIMITS.spansOfExport) this.#start();
    else this.#startLater();
  }

  /** What waits is sent, if the collector takes it in time. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake();
    this.#start();
    await within(LIMITS.spanCloseMs, this.#running ?? Promise.resolve());
    this.#ended.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #startLater(): void {
    if (this.#timer !== null || this.#running !== null) return;
    this.#timer = setTimeout(() => this.#start(), this.#tracing?.delayMs ?? 0).unref();
  }

  #start(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#queue.spans > 0 && !this.#isClosing) this.#startLater();
    });
  }

  async #run(): Promise<void> {
    do {
      const news = this.#queue.take(LIMITS.spansOfExport);
      if (news.length > 0) await this.#export(news);
    } while (this.#queue.spans >= (this.#isClosing ? 1 : LIMITS.spansOfExport));
  }

  async #export(news: readonly SpanNews[]): Promise<void> {
    const spans = news.reduce((sum, one) => sum + one.spans, 0);
    const posted = await this.#tried(news);
    if (posted?.kind !== "taken") {
      this.#options.onDropped(spans);
      this.#trouble(posted?.reason ?? null);
      return;
    }
    const rejected = Math.min(spans, posted.rejected);
    this.#options.onExported(spans - rejected);
    if (rejected > 0) this.#options.onDropped(rejected);
    this.#trouble(rejected > 0 ? `it rejects spans: ${posted.reason}` : null);
  }

  /** Null: they are not exported any more. */
  async #tried(news: readonly SpanNews[]): Promise<Posted | null> {
    let posted: Posted | null = null;
    for (let tries = 1; tries <= LIMITS.spanTries; tries++) {
      const collector = this.#collector();
      if (collector === null) return null;
      const isLast = this.#isClosing || tries === LIMITS.spanTries;
      posted = await this.#options.post(this.#textOf(news), collector, this.#ended.signal);
      if (posted.kind !== "later" || isLast) return posted;
      this.#trouble(posted.reason);
      if (!this.#isClosing) await this.#pause(posted.waitMs, tries);
    }
    return posted;
  }

  #collector(): Collector | null {
    const { headers, version } = this.#options;
    if (this.#tracing === null || this.#tracing.endpoint === null) return null;
    const { endpoint, compression, timeoutMs } = this.#tracing;
    return { endpoint, compression, timeoutMs, headers, userAgent: `sluice/${version}` };
  }

  /** A tenant's spans are a resource of their own, by which a collector may tell them apart. */
  #textOf(news: readonly SpanNews[]): string {
    const { resource: own, version } = this.#options;
    const { resource = {} } = this.#tracing ?? {};
    const byTenant = Map.groupBy(news, ({ tenant }) => tenant);
    return exportText(
      [...byTenant].map(([tenant, all]) => ({
        resource: { ...own, ...resource, "sluice.tenant": tenant === "" ? null : tenant },
        version,
        spans: all.map(({ text }) => text),
      })),
    );
  }

  /** As long as it asks for, else twice as long each time; never the same for many proxies. */
  async #pause(waitMs: number, tries: number): Promise<void> {
    const asked = waitMs === 0 ? LIMITS.spanRetryMs * 2 ** (tries - 1) : waitMs;
    const most = Math.min(asked, LIMITS.spanRetryMsMax);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, most * (1 + Math.random() / 4)).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #trouble(reason: string | null): void {
    const isInTrouble = reason !== null;
    if (isInTrouble !== this.#isInTrouble) this.#options.onTrouble(reason);
    this.#isInTrouble = isInTrouble;
  }
}
