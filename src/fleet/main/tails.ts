// The live tail in the main thread. Workers are told who reads, and each batch that a worker sends
// is handed to its reader. Nothing is parsed here, so a busy tail costs this thread one message a
// batch.

import { LIMITS } from "../../base/limits.ts";
import type { OpenTail, TailReader, TailSource } from "../../control/tail-source.ts";
import { LogWindow } from "../../observe/log-window.ts";
import { NOTICE_CHARS, type TailNews, type TailSubscription } from "../../observe/tail-batch.ts";
import type { TailFilter } from "../../observe/tail-filter.ts";

/** The workers, as far as the tail is concerned. Resolves when all of them know. */
export type Subscribe = (subscriptions: readonly TailSubscription[]) => Promise<void>;

interface Entry {
  readonly subscription: TailSubscription;
  readonly window: LogWindow;
  readonly reader: TailReader;
}

export class Tails implements TailSource {
  readonly #subscribe: Subscribe;
  readonly #entries = new Map<number, Entry>();
  readonly #heartbeat: NodeJS.Timeout;
  #ids = 0;
  #isClosed = false;

  constructor(subscribe: Subscribe) {
    this.#subscribe = subscribe;
    this.#heartbeat = setInterval(() => this.#beat(), LIMITS.tailHeartbeatMs).unref();
  }

  async open(filter: TailFilter, reader: TailReader): Promise<OpenTail | null> {
    if (this.#isClosed || this.#entries.size >= LIMITS.tailReaders) return null;
    const window = new LogWindow();
    const id = ++this.#ids;
    const subscription = { id, filter, window: window.shared };
    this.#entries.set(id, { subscription, window, reader });
    // told first when to come again, and that a silent stream is alive
    reader.write(`retry: ${LIMITS.tailRetryMs}\n: tail\n\n`, () => {});
    await this.#tellWorkers();
    return { close: () => this.#close(id) };
  }

  async review(): Promise<void> {
    await Promise.all([...this.#entries].map(([id, { reader }]) => this.#reviewOne(id, reader)));
  }

  /** One of whom nobody can tell, because the store does not answer, reads no more. */
  async #reviewOne(id: number, reader: TailReader): Promise<void> {
    if (await reader.mayRead().catch(() => false)) return;
    if (!this.#entries.delete(id)) return;
    reader.end();
    await this.#tellWorkers();
  }

  /** What a worker tells. */
  receive({ id, text, dropped }: TailNews): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const notice = dropped === 0 ? "" : `event: dropped\ndata: {"lines":${dropped}}\n\n`;
    const chars = text.length + NOTICE_CHARS;
    entry.reader.write(notice + text, () => entry.window.giveBack(chars));
  }

  /** Ends every stream; there are no new ones. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    for (const { reader } of this.#entries.values()) reader.end();
    this.#entries.clear();
  }

  #close(id: number): void {
    if (this.#entries.delete(id)) void this.#tellWorkers();
  }

  #tellWorkers(): Promise<void> {
    return this.#subscribe([...this.#entries.values()].map(({ subscription }) => subscription));
  }

  /** To those that have room: the others have something to read. */
  #beat(): void {
    void this.review(); // a token may have expired
    const comment = ": still here\n\n";
    for (const { reader, window } of this.#entries.values()) {
      if (!window.take(comment.length)) continue;
      reader.write(comment, () => window.giveBack(comment.length));
    }
  }
}
