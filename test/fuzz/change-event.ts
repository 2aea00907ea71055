// Something that happens to the proxy, and the worlds that there may be then: several, where an
// answer was lost.

import { call as send } from "../life/control.ts";
import type { Call } from "./change-call.ts";
import { changed, type FileModel, readFile, type World } from "./change-model.ts";
import type { Answer, ChangeStand } from "./change-stand.ts";
import type { Draw } from "./random.ts";

export interface Happening {
  readonly draw: Draw;
  readonly stand: ChangeStand;
  readonly world: World;
  readonly call: () => Call;
  readonly tag: () => string;
  /** What is done, for whoever reads of a violation. */
  readonly note: (what: string) => void;
}

export type Event = (happening: Happening) => Promise<readonly World[]>;

/** Null: the proxy ended under it. */
export async function sent(stand: ChangeStand, call: Call): Promise<Answer | null> {
  const { method, path, body, headers = {}, token } = call;
  try {
    return await send(stand.proxy, [method, path], body, token?.secret ?? undefined, headers);
  } catch {
    return null;
  }
}

/** Throws if there is no answer: nothing ended under it. */
export async function answered(stand: ChangeStand, call: Call): Promise<Answer> {
  const answer = await sent(stand, call);
  if (answer === null) throw new Error(`${call.title}: no answer`);
  return answer;
}

interface Circumstances {
  /** The store cannot be written, or may not be. */
  readonly mayBeUnavailable?: boolean;
}

/** Throws a sentence if the answer is none that this world can give. */
export function outcomes(
  world: World,
  call: Call,
  answer: Answer | null,
  { mayBeUnavailable = false }: Circumstances = {},
): readonly World[] {
  const isRefused = call.isRefused(world);
  if (answer === null) return isRefused ? [world] : [world, call.done(world, null)];
  const { status, body } = answer;
  if (status === 503 && mayBeUnavailable) return [world];
  if (isRefused ? status >= 400 && status < 500 : status >= 200 && status < 300) {
    return [isRefused ? world : call.done(world, body)];
  }
  const expected = isRefused ? "a refusal" : "success";
  throw new Error(`${call.title}: expected ${expected}, got ${status} ${JSON.stringify(body)}`);
}

/** Those that some of these orders lead to. */
export function anyOf(orders: readonly (() => readonly World[])[]): World[] {
  const problems: string[] = [];
  const worlds = orders.flatMap((order) => {
    try {
      return order();
    } catch (thrown) {
      problems.push(String(thrown));
      return [];
    }
  });
  if (worlds.length === 0) throw new Error(`in no order: ${problems.join("; ")}`);
  return worlds;
}

/** The last requests may not have been counted. */
export const lossy = (worlds: readonly World[]): World[] =>
  worlds.map((world) =>
    changed(world, ({ tenants, dormant }) => {
      for (const own of [...Object.values(tenants), ...Object.values(dormant)]) own.isLossy = true;
    }),
  );

export const afterFile = (world: World, file: FileModel): World =>
  changed(world, (next) => readFile(next, file));
