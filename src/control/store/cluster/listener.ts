// A connection of its own on which PostgreSQL says that something was changed. It is a hint: such a
// connection may die without a word, so it is asked for a sign of life now and then.

import type { Client } from "pg";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { clientConfig, end, inTime } from "../postgres/connect.ts";

export class Listener {
  readonly #address: PostgresAddress;
  readonly #onHint: (position: number) => void;
  #client: Client | null = null;

  /** @param onHint  told how far the feed has come */
  constructor(address: PostgresAddress, onHint: (position: number) => void) {
    this.#address = address;
    this.#onHint = onHint;
  }

  /** It listens from now on, if it can. Never rejects: without hints everything takes longer. */
  async check(): Promise<void> {
    try {
      if (this.#client === null) await this.#listen();
      else await this.#client.query(inTime("SELECT 1"));
    } catch {
      await this.close();
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (client !== null) await end(client);
  }

  async #listen(): Promise<void> {
    const { LineClient } = await import("../postgres/line-client.ts");
    const client = new LineClient(clientConfig(this.#address));
    client.on("error", () => void this.close());
    client.on("notification", ({ payload }) => this.#onHint(Number(payload)));
    this.#client = client;
    await client.connect();
    await client.query("LISTEN sluice");
  }
}
