// What the control plane asks of the processes that serve, so that somebody can watch them: the
// live tail. The fleet implements it.

import type { TailFilter } from "../observe/tail-filter.ts";

export interface TailSource {
  /**
   * Resolves when every worker tells, so that what happens from then on is seen. Null: there are as
   * many readers as there may be.
   */
  open(filter: TailFilter, reader: TailReader): Promise<OpenTail | null>;
  /** Ends those whose readers may read no longer. Resolves when they have ended. */
  review(): Promise<void>;
}

export interface TailReader {
  /** Whether it may still: its token may be revoked or expire, and its tenant may end. */
  mayRead(): Promise<boolean>;
  /**
   * Whole server-sent events. `taken` is called when the reader has room for more: what is not
   * taken counts against its bound, and what does not fit is dropped and counted.
   */
  write(events: string, taken: () => void): void;
  /** Nothing more comes: the proxy ends, or another process takes over. */
  end(): void;
}

export interface OpenTail {
  /** The reader is gone. */
  close(): void;
}
