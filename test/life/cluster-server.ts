// The PostgreSQL of one test file, in which each test has a store of its own.

import { missingPostgres, Postgres } from "../support/postgres.ts";
import { newStoreAt } from "./cluster-stand.ts";

export const skip = await missingPostgres();
export const server = skip === false ? await Postgres.start() : null;

export async function newStore(): Promise<string> {
  if (server === null) throw new TypeError("expected a PostgreSQL");
  return await newStoreAt(server);
}
