// The stream of what changes, in the main thread. Nobody is asked anything while nobody reads; each
// reader may have so much under way, and who is too slow for it is told to ask for all again.

import { randomBytes } from "node:crypto";
import { LIMITS } from "../../base/limits.ts";
import type { Fault } from "../../control/api/faults.ts";
import type { EventSource } from "../../control/event-source.ts";
import type { OpenTail, TailReader } from "../../control/tail-source.ts";
import { LogWindow } from "../../observe/log-window.ts";
import type { Series } from "../../observe/series.ts";

export interface EventParts {
  /** Of the store, which is served. */
  readonly revision: () => number;
  readonly faults: () => Promise<readonly Fault[]>;
  readonly series: () => Series;
}

interface Reader {
  readonly window: LogWindow;
  /** It has missed something. */
  isBehind: boolean;
}

interface Told {
  readonly number: number;
  readonly text: string;
}

/** Looks between two of the figures that ticks are made of. */
const LOOKS_OF_STEP = Math.ceil(LIMITS.seriesStepMs / LIMITS.eventsLookMs);

export class Events implements EventSource {
  readonly #parts: EventParts;
  readonly #readers = new Map<TailReader, Reader>();
  /** Of this process: no other one has told the same. */
  readonly #own = randomBytes(6).toString("hex");
  /** The newest ones that a reader may have missed. */
  #told: Told[] = [];
  #number = 0;
  #timer: NodeJS.Timeout | null = null;
  #looks = 0;
  #revision = 0;
  #faults = "[]";
  #isClosed = false;

  constructor(parts: EventParts) {
    this.#parts = parts;
  }

  open(lastId: string | null, reader: TailReader): OpenTail | null {
    if (this.#isClosed || this.#readers.size >= LIMITS.tailReaders) return null;
    if (this.#readers.size === 0) this.#begin();
    this.#readers.set(reader, { window: new LogWindow(), isBehind: false });
    reader.write(`retry: ${LIMITS.tailRetryMs}\n: events\n\n`, () => {});
    this.#write(reader, this.#since(lastId));
    return { close: () => this.#left(reader) };
  }

  /** Ends those whose readers may read no longer. */
  async review(): Promise<void> {
    await Promise.all(
      [...this.#readers.keys()].map(async (reader) => {
        if (await reader.mayRead().catch(() => false)) return;
        reader.end();
        this.#left(reader);
      }),
    );
  }

  close(): void {
    this.#isClosed = true;
    for (const reader of [...this.#readers.keys()]) {
      reader.end();
      this.#left(reader);
    }
  }

  /** What is so from now on is told at once: nobody has looked since the last reader left. */
  #begin(): void {
    const revision = this.#parts.revision();
    if (revision !== this.#revision) this.#note("change", { revision });
    this.#revision = revision;
    this.#looks = 0;
    this.#timer = setInterval(() => void this.#look(), LIMITS.eventsLookMs).unref();
  }

  #left(reader: TailReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  async #look(): Promise<void> {
    const revision = this.#parts.revision();
    if (revision !== this.#revision) this.#tell(this.#note("change", { revision }));
    this.#revision = revision;
    this.#looks++;
    if (this.#looks % LOOKS_OF_STEP !== 1) return;
    this.#tell(eventText("tick", tickOf(this.#parts.series())));
    if (this.#looks % (LOOKS_OF_STEP * REVIEW_STEPS) === 1) void this.review();
    // a store that does not answer is told by what does not need it
    const faults = JSON.stringify(await this.#parts.faults().catch(() => []));
    if (faults !== this.#faults) this.#tell(this.#note("faults", { faults: JSON.parse(faults) }));
    this.#faults = faults;
  }

  /** An event that a reader who was away for a moment gets as well. */
  #note(name: string, data: object): string {
    const number = ++this.#number;
    const text = `id: ${this.#own}.${number}\n${eventText(name, data)}`;
    this.#told = [...this.#told.slice(1 - LIMITS.eventsKept), { number, text }];
    return text;
  }

  /** What a reader has yet to hear of; all of it, if it has heard of nothing. */
  #since(lastId: string | null): string {
    const now = `id: ${this.#own}.${this.#number}\n`;
    if (lastId === null) {
      const state = { revision: this.#revision };
      const faults = { faults: JSON.parse(this.#faults) };
      return now + eventText("change", state) + eventText("faults", faults);
    }
    const [own, number] = lastId.split(".");
    const seen = own === this.#own ? Number(number) : Number.NaN;
    const isKnown = seen <= this.#number && seen >= (this.#told[0]?.number ?? 1) - 1;
    if (!isKnown) return now + RESET;
    return this.#told.flatMap((one) => (one.number > seen ? one.text : [])).join("");
  }

  #tell(text: string): void {
    for (const reader of this.#readers.keys()) this.#write(reader, text);
  }

  #write(reader: TailReader, text: string): void {
    const state = this.#readers.get(reader);
    if (state === undefined || text === "") return;
    const whole = state.isBehind ? RESET + text : text;
    state.isBehind = !state.window.take(whole.length);
    if (!state.isBehind) reader.write(whole, () => state.window.giveBack(whole.length));
  }
}

/** How often it is asked whether readers may still read: three steps of 5 s, as the tail does. */
const REVIEW_STEPS = 3;

const eventText = (name: string, data: object): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const RESET = eventText("reset", {});

function tickOf({ stepMs, toMs, points }: Series) {
  const { requests, errors, scriptMs, p50Ms, p99Ms } = points;
  return {
    ...{ stepMs, toMs, requests: requests.at(-1) ?? 0, errors: errors.at(-1) ?? 0 },
    ...{ scriptMs: scriptMs.at(-1) ?? 0, p50Ms: p50Ms.at(-1) ?? null, p99Ms: p99Ms.at(-1) ?? null },
  };
}
