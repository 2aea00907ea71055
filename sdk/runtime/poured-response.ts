// A Response whose body is a stream of the script's own: it is the call's for as long as it goes
// on, behind the call's result. The host takes a piece when the client does, and says when nobody
// wants any more.

import { ASK } from "../../src/wire/asks.ts";
import { ask, withdraw } from "./asks.ts";
import type { Call } from "./current.ts";
import { logThrown } from "./log.ts";
import { Pouring, refusalOf } from "./pieces.ts";
import { waitUntil } from "./wait-until.ts";
import type { Feed } from "./web/streams.ts";

/** Returns the id of the ask by which the host has it. */
export function pourResponse(call: Call, feed: Feed): number {
  const name = "a Response's stream";
  const stop = (reason: unknown): void => pouring.stop(reason);
  const asker = { settle: ({ text }: { text: string }) => stop(refusalOf(text)), abort: stop };
  const id = ask(call, { name, kind: ASK.pour, text: "", bytes: null }, asker);
  const pouring = new Pouring({ call, id, name }, feed);
  waitUntil(call, finished(pouring.run(logThrown), id));
  return id;
}

async function finished(run: Promise<void>, id: number): Promise<void> {
  await run;
  withdraw(id);
}
