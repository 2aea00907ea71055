// The ratios that have a goal: both proxies on the same core at once, in short turns. What each row
// of a table cost was measured minutes apart, while the machine was fast for one and slow for the
// other.

import type { Contestant } from "./contestants.ts";
import { load } from "./load.ts";
import { kindsOf, type Options, WARM_UP } from "./options.ts";
import { GOALS, ratiosOf } from "./ratios.ts";
import type { Failure, PairsOfKind } from "./results.ts";
import { CLIENT_CORE, type OnStage, PROXY_CORE, type Stage } from "./stage.ts";
import { type Rival, takeTurns } from "./turns.ts";

export interface PairsOptions {
  readonly options: Options;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Where pairs go that cannot be measured. */
  readonly failures: Failure[];
}

/** Before the first turn of each kind. */
const READY_SECONDS = 1;

export async function measurePairs(
  contestants: readonly Contestant[],
  stage: Stage,
  how: PairsOptions,
): Promise<PairsOfKind[]> {
  const pairs: PairsOfKind[] = [];
  if (how.options.pairs === 0) return pairs;
  for (const { of, to } of GOALS) {
    const [one, other] = [of, to].map((name) => contestants.find((each) => each.name === name));
    if (one === undefined || other === undefined) continue;
    how.say(`Side by side: ${one.label}, and ${other.label}`);
    try {
      pairs.push(...(await measurePair([one, other], stage, how)));
    } catch (error) {
      how.signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      how.failures.push({ contestant: `${of} beside ${to}`, message });
      how.say(`  ${message}`);
    }
  }
  return pairs;
}

async function measurePair(
  [one, other]: readonly [Contestant, Contestant],
  stage: Stage,
  { options, signal }: PairsOptions,
): Promise<PairsOfKind[]> {
  const places: OnStage[] = [];
  try {
    for (const contestant of [one, other]) {
      const place = await stage.enter(contestant, { core: PROXY_CORE });
      places.push(place);
      const { port, headers } = place;
      const seconds = options.warmUpSeconds;
      await load({ ...WARM_UP, port, headers, core: CLIENT_CORE, seconds }, signal);
    }
    const pairs: PairsOfKind[] = [];
    for (const kind of kindsOf(options)) {
      const rivals = places.map(({ port, headers, running }): Rival => {
        const plan = { ...kind, port, headers, core: CLIENT_CORE, seconds: READY_SECONDS };
        return { pid: running.pid, plan };
      });
      const [ours = [], theirs = []] = await takeTurns(rivals, { rounds: options.pairs, signal });
      pairs.push({ of: one.name, to: other.name, ...kind, ratios: ratiosOf(theirs, ours) });
    }
    return pairs;
  } finally {
    for (const place of places) await stage.leave(place);
  }
}
