// A server of HTTP/2 whose clock is the test's.

import { Deadlines } from "../../../src/base/clock.ts";
import { frame, type RawHttp2 } from "../../support/http2-client.ts";
import { EchoStand } from "./echo-stand.ts";

const MS = { headMs: 1_000, keepAliveMs: 5_000, clientWriteMs: 2_000 };

export class SlowStand extends EchoStand {
  readonly #clock: { ms: number };
  readonly #deadlines: Deadlines;

  private constructor(deadlines: Deadlines, clock: { ms: number }) {
    super(MS, deadlines);
    this.#deadlines = deadlines;
    this.#clock = clock;
  }

  static async begin(): Promise<SlowStand> {
    const clock = { ms: 1_000 };
    const stand = new SlowStand(new Deadlines(() => clock.ms), clock);
    await stand.listen();
    return stand;
  }

  /** Of how many things it waits for a time. */
  get deadlines(): number {
    return this.#deadlines.size;
  }

  /** In steps that are no pause of ours. */
  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 50) {
      this.#clock.ms += 50;
      this.#deadlines.sweep();
    }
  }
}

export const nextPass = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Until the server has read what was sent. */
export async function settled(client: RawHttp2): Promise<void> {
  const { pongs } = client;
  client.send(frame(6, 0, 0, Buffer.alloc(8)));
  await client.until(() => client.pongs > pongs);
}
