// A server that is taken for a PostgreSQL: it says what a test has it say, and nothing more.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { type PostgresAddress, parsePostgres } from "../../src/base/config/postgres.ts";
import type { Certificate } from "./certificates.ts";

/** A message of the protocol. */
function message(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

export const LETS_IN = Buffer.concat([
  message("R", Buffer.alloc(4)),
  message("Z", Buffer.from("I")),
]);
export const WANTS_PASSWORD = message("R", Buffer.from("\0\0\0\x0aSCRAM-SHA-256\0\0", "latin1"));
export const GOES_ON = message("R", Buffer.from("\0\0\0\x0br=nonce,s=c2FsdA==,i=4096", "latin1"));
export const OUT_OF_TURN = message("C", Buffer.from("SELECT 1\0", "latin1"));

/** By GSSAPI, which the library has never heard of. */
export const WANTS_UNKNOWN = message("R", Buffer.from([0, 0, 0, 7]));

const NOTHING = Buffer.alloc(0);

/** Answers the first messages of whoever comes with these, and no more. */
export class Says implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How often somebody has had its first answer. */
  greeted = 0;

  private constructor(answers: readonly Buffer[], certificate: Certificate | null) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      if (certificate === null) return this.#answer(socket, answers);
      socket.on("error", () => socket.destroy());
      socket.once("data", () => {
        socket.write("S");
        const secureContext = createSecureContext(certificate);
        this.#answer(new TLSSocket(socket, { isServer: true, secureContext }), answers);
      });
    });
  }

  static start(...answers: readonly Buffer[]): Promise<Says> {
    return Says.#listen(new Says(answers, null));
  }

  /** To whoever wants it encrypted. */
  static encrypted(certificate: Certificate, ...answers: readonly Buffer[]): Promise<Says> {
    return Says.#listen(new Says(answers, certificate));
  }

  static async #listen(says: Says): Promise<Says> {
    says.#server.listen(0, "127.0.0.1");
    await once(says.#server, "listening");
    return says;
  }

  #answer(socket: Socket, answers: readonly Buffer[]): void {
    const left = answers.values();
    socket.once("data", () => {
      this.greeted++;
    });
    socket.on("error", () => socket.destroy());
    socket.on("data", () => socket.write(left.next().value ?? NOTHING));
  }

  get port(): number {
    const { port } = this.#server.address() as AddressInfo;
    return port;
  }

  address(parameters = ""): PostgresAddress {
    const text = `postgres://sluice@127.0.0.1:${this.port}/sluice${parameters}`;
    const address = parsePostgres(text);
    if (address === null) throw new TypeError("expected the address of a PostgreSQL");
    return address;
  }

  /** What it says besides, to all. */
  say(more: Buffer): void {
    for (const socket of this.#sockets) socket.write(more);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }
}
