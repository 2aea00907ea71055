// A program: waits until the watchdog of its one isolate sleeps, says so, and ends as it is told.

import { setImmediate as pass } from "node:timers/promises";
import { CHAIN } from "../../src/phases/table.ts";
import { LaneStand } from "./lane-stand.ts";

const stand = new LaneStand('requestFilter() { return new Response("fine"); }');
await stand.run(stand.exchange(), CHAIN.request);
while (!stand.isUnwatched) await pass();
process.stdout.write("asleep");
if (process.argv[2] === "throw") throw new Error("on purpose");
process.exit(0);
