// A line to PostgreSQL that notes when somebody waits for an answer on it. A connection waits from
// what it sends until the server has said of each statement that it is ready for the next: several
// may be on their way. How far the other proxies are is asked again and again until they are
// there: that waits for them, and is left out.

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { LIST } from "../src/control/store/cluster/node-rows.ts";

export interface Wait {
  readonly fromMs: number;
  readonly toMs: number;
}

/** `Query` and `Sync`: the server says `ReadyForQuery` to each. */
const ASKS = "QS";
const READY = "Z";
/** The first message of a client has no letter, and the server is ready after it too. */
const LETTER_BYTES = 1;
const LENGTH_BYTES = 4;

export class EngineLine implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waits: Wait[] = [];

  private constructor(target: number) {
    this.#server = createServer((socket) => this.#join(socket, target));
  }

  static async start(target: number): Promise<EngineLine> {
    const line = new EngineLine(target);
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    return line;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new TypeError("it has a port");
    return address.port;
  }

  /** That have ended since this was asked last. */
  take(): readonly Wait[] {
    return this.#waits.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket, target: number): void {
    const server = connect(target, "127.0.0.1");
    const asked = new Messages(ASKS, true);
    const ready = new Messages(READY, false);
    let [open, fromMs, isLook] = [0, 0, false];
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (data: Buffer) => {
      if (open === 0) [fromMs, isLook] = [performance.now(), data.includes(LIST)];
      open += asked.count(data);
      server.write(data);
    });
    server.on("data", (data: Buffer) => {
      const wasOpen = open > 0;
      open -= ready.count(data);
      if (wasOpen && open === 0 && !isLook) this.#waits.push({ fromMs, toMs: performance.now() });
      client.write(data);
    });
  }
}

/** Counts messages of some letters in one direction, in whatever pieces they come. */
class Messages {
  readonly #letters: string;
  #isFirst: boolean;
  #head = Buffer.alloc(0);
  #skipped = 0;

  constructor(letters: string, hasFirst: boolean) {
    this.#letters = letters;
    this.#isFirst = hasFirst;
  }

  count(data: Buffer): number {
    let found = 0;
    for (let at = 0; at < data.length; ) {
      const skipped = Math.min(this.#skipped, data.length - at);
      this.#skipped -= skipped;
      at += skipped;
      const missing = this.#headBytes - this.#head.length;
      const more = data.subarray(at, at + missing);
      this.#head = Buffer.concat([this.#head, more]);
      at += more.length;
      if (more.length === missing && this.#isCounted()) found++;
    }
    return found;
  }

  get #headBytes(): number {
    return LENGTH_BYTES + (this.#isFirst ? 0 : LETTER_BYTES);
  }

  #isCounted(): boolean {
    const lengthAt = this.#headBytes - LENGTH_BYTES;
    this.#skipped = this.#head.readUInt32BE(lengthAt) - LENGTH_BYTES;
    const isCounted = this.#isFirst || this.#letters.includes(this.#head.toString("latin1", 0, 1));
    this.#head = Buffer.alloc(0);
    this.#isFirst = false;
    return isCounted;
  }
}

/** How long anybody waited within this time, several at once counted once. */
export function waitedMs(waits: readonly Wait[], { fromMs, toMs }: Wait): number {
  let [sum, untilMs] = [0, fromMs];
  for (const wait of waits.toSorted((one, two) => one.fromMs - two.fromMs)) {
    const beganMs = Math.max(wait.fromMs, untilMs);
    const endedMs = Math.min(wait.toMs, toMs);
    if (endedMs <= beganMs) continue;
    sum += endedMs - beganMs;
    untilMs = endedMs;
  }
  return sum;
}
