// A line to a server that a test can cut, slow down, or lead elsewhere, as an address that moves
// with a failover does.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What breaks its connection: the first that has `text` after `after`, with it or later. */
export interface Loss {
  readonly after: string;
  readonly text: string;
  /** What never arrives: the message; or what is answered, up to what has the text as well. */
  readonly lost: "message" | "answer";
}

export class Relay implements AsyncDisposable {
  /** Added to each message, both ways. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number;
  #loses: Loss | null = null;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#join(socket));
  }

  static async start(target: number): Promise<Relay> {
    const relay = new Relay(target);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo;
    return address.port;
  }

  /** Whoever connects from now on gets there; the others are cut off. 0: nobody gets anywhere. */
  lead(target: number): void {
    this.#target = target;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Once. */
  lose(loss: Loss): void {
    this.#loses = loss;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lead(0);
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket): void {
    this.#track(client);
    if (this.#target === 0) return void client.destroy();
    const server = connect(this.#target, "127.0.0.1");
    this.#track(server);
    let isNear = false;
    let lostTo: string | null = null;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("close", () => {
        for (const one of [client, server]) one.destroy();
      });
    }
    client.on("data", (data: Buffer) => {
      const loses = this.#loses;
      const nearAt = loses === null || isNear ? 0 : data.indexOf(loses.after);
      isNear = loses !== null && nearAt >= 0;
      if (loses !== null && isNear && data.includes(loses.text, nearAt)) {
        this.#loses = null;
        lostTo = loses.text;
        if (loses.lost === "message") return void client.destroy();
      }
      this.#pass(data, server);
    });
    server.on("data", (data: Buffer) => {
      if (lostTo === null) this.#pass(data, client);
      else if (data.includes(lostTo)) client.destroy();
    });
  }

  #pass(data: Buffer, to: Socket): void {
    if (this.delayMs === 0) to.write(data);
    else setTimeout(() => to.write(data), this.delayMs);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
