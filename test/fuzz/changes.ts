// The fuzzer of changes: tenants, deployments, shares, rollbacks, flags, secrets, counters, tokens,
// at once and one after the other, with reloads, handovers, kills and full disks, against a model
// of what must be true: what was acknowledged holds, what was refused changed nothing.

import { httpOrigin } from "../life/http-origin.ts";
import { drawCall } from "./change-calls.ts";
import { drawEvent } from "./change-events.ts";
import { changed, EMPTY, readFile, type World } from "./change-model.ts";
import { count, differences, look } from "./change-seen.ts";
import { ChangeStand } from "./change-stand.ts";
import { Draw } from "./random.ts";

export interface ChangeFuzz {
  readonly seed: number;
  readonly forMs: number;
}

/** So many of the last events are told with what was wrong. */
const TOLD = 25;

/** Resolves to the number of events. Throws with what was wrong, the seed, and what went before. */
export async function fuzzChanges({ seed, forMs }: ChangeFuzz): Promise<number> {
  const draw = new Draw(seed);
  await using origin = await httpOrigin((_request, response) => void response.end("origin"));
  let tags = 0;
  const tag = (): string => `t${++tags}`;
  const file = { f: { hosts: ["f.test"], tag: tag() } };
  let world: World = changed(EMPTY, (next) => readFile(next, file));
  await using stand = await ChangeStand.start(origin.address, file);
  const told: string[] = [];
  const untilMs = performance.now() + forMs;
  let events = 0;
  try {
    while (performance.now() < untilMs) {
      events++;
      const call = () => drawCall({ draw, world, origin: origin.address, tag });
      const note = (what: string) => void told.push(`${events}. ${what}`);
      const worlds = await drawEvent(draw)({ draw, stand, world, call, tag, note });
      world = await settled(stand, worlds);
    }
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const log = stand.proxy.lines
      .filter(({ msg }) => msg !== "request")
      .slice(-12)
      .map((line) => JSON.stringify(line).slice(0, 400));
    const before = told.slice(-TOLD).join("\n");
    throw new Error(`seed ${seed}, event ${events}: ${why}\n${before}\n${log.join("\n")}`);
  }
  return events;
}

/** The one of these worlds that there is. */
async function settled(stand: ChangeStand, worlds: readonly World[]): Promise<World> {
  const seen = await look(stand.proxy);
  const problems: string[] = [];
  for (const world of worlds) {
    const wrong = differences(world, seen);
    if (wrong.length === 0) {
      const own = structuredClone(world);
      const miscounted = count(own, seen);
      if (miscounted.length > 0) throw new Error(miscounted.join("\n"));
      return own;
    }
    problems.push(wrong.join("\n"));
  }
  throw new Error(`it is none of the worlds that there may be:\n${problems.join("\n--- nor\n")}`);
}
