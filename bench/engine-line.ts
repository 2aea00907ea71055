// A line to PostgreSQL that notes when somebody waits for an answer on it. A connection waits from
// what it sends until the server says that it is ready for the next query. How far the other
// proxies are is asked again and again until they are there: that waits for them, and is left out.

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Wait {
  readonly fromMs: number;
  readonly toMs: number;
}

/** `ReadyForQuery`: its letter, its length, and one byte, at the end of an answer. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5]);
const READY_BYTES = READY.length + 1;
/** Stands in what asks for the list of proxies alone. */
const LIST = "LEFT JOIN nodes";

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
    let fromMs: number | null = null;
    let isLook = false;
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
    client.on("data", (data) => {
      if (fromMs === null) isLook = data.includes(LIST);
      fromMs ??= performance.now();
      server.write(data);
    });
    server.on("data", (data: Buffer) => {
      const isReady = data.subarray(-READY_BYTES, -1).equals(READY);
      if (isReady && fromMs !== null) {
        if (!isLook) this.#waits.push({ fromMs, toMs: performance.now() });
        fromMs = null;
      }
      client.write(data);
    });
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
