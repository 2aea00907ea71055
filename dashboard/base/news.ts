// What the proxy tells of changes, so that what is shown need not be asked for over and over: one
// stream for all of a page, while somebody looks. Who may not have it, and a tab for which there is
// no room, asks every few seconds.

import { EventStream, type StreamEvent } from "./event-stream.ts";
import { session } from "./session-state.ts";
import { takeSlot } from "./slots.ts";

/** More is served than before; something else is wrong; there are new figures. */
export type Heard = "change" | "faults" | "tick";

export interface NewsListener {
  readonly heard: readonly Heard[];
  /** It is so now. */
  told(): void;
  /** Nobody tells any more, or somebody does again. */
  turned(): void;
}

/** From one page to the next it stays open; a tab that nobody sees needs none. */
const CLOSE_MS = 2_000;

class News {
  readonly #listeners = new Set<NewsListener>();
  #stream: EventStream | null = null;
  /** It has its slot, or will have heard that there is none. */
  #isWanted = false;
  #isOpen = false;
  #closing = 0;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#look());
  }

  /** Whether what changes is told. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Returns what ends it. */
  listen(listener: NewsListener): () => void {
    this.#listeners.add(listener);
    this.#look();
    return () => {
      this.#listeners.delete(listener);
      this.#look();
    };
  }

  get #isHeard(): boolean {
    return this.#listeners.size > 0 && !document.hidden;
  }

  #look(): void {
    clearTimeout(this.#closing);
    if (!this.#isHeard) this.#closing = setTimeout(() => this.#close(), CLOSE_MS);
    else if (!this.#isWanted && mayHear()) void this.#open();
  }

  async #open(): Promise<void> {
    this.#isWanted = true;
    const giveBack = await takeSlot("sluice-events").catch(() => null);
    if (giveBack === null || !this.#isHeard) {
      giveBack?.();
      this.#isWanted = false;
      return;
    }
    const stream = new EventStream("/events", {
      events: (events) => this.#tell(events),
      state: (problem, isFinal) => {
        if (isFinal) this.#close();
        else this.#turn(problem === null);
      },
      closed: giveBack,
    });
    this.#stream = stream;
  }

  #close(): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    this.#isWanted = false;
    stream.close();
    this.#turn(false);
  }

  #turn(isOpen: boolean): void {
    if (this.#isOpen === isOpen) return;
    this.#isOpen = isOpen;
    for (const listener of [...this.#listeners]) listener.turned();
  }

  #tell(events: readonly StreamEvent[]): void {
    const names = new Set(events.map(({ name }) => name));
    for (const listener of [...this.#listeners]) {
      // what was missed is not known
      if (names.has("reset") || listener.heard.some((name) => names.has(name))) listener.told();
    }
  }
}

/** A tenant's tokens do not get it. */
function mayHear(): boolean {
  const who = session.peek();
  return who?.role === "operator" && who.tenant === null;
}

export const news = new News();
