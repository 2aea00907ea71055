// Reloads and handovers, with a file that may be another, and their ends in between.

import { setTimeout as wait } from "node:timers/promises";
import { call as send } from "../life/control.ts";
import type { LogLine } from "../life/proxy.ts";
import { kill } from "../support/kill.ts";
import { FILE_TENANTS } from "./change-call.ts";
import {
  afterFile,
  anyOf,
  type Event,
  type Happening,
  lossy,
  outcomes,
  sent,
} from "./change-event.ts";
import type { FileModel } from "./change-model.ts";
import type { Answer } from "./change-stand.ts";
import { isAlive, servesOf, until } from "./processes.ts";

function drawFile({ draw, world, tag }: Happening): FileModel {
  const file = FILE_TENANTS.filter(() => !draw.isOneIn(4)).map((name) => {
    const isSame = draw.isOneIn(2) ? world.file[name] : undefined;
    return [name, isSame ?? { hosts: [`${name}.test`], tag: tag() }] as const;
  });
  return Object.fromEntries(file);
}

const reload = ({ stand }: Happening): Promise<Answer | null> =>
  send(stand.proxy, ["POST", "/reload"]).catch(() => null);

export const reloaded: Event = async (happening) => {
  const { stand, world, note } = happening;
  const file = drawFile(happening);
  note(`reload with ${JSON.stringify(file)}`);
  await stand.write(file);
  const answer = await reload(happening);
  if (answer?.status === 200) return [afterFile(world, file)];
  throw new Error(`reload: ${JSON.stringify(answer)}`);
};

/** All of it, or nothing: of no tenant is half of it kept. */
export const reloadedOnFullDisk: Event = async (happening) => {
  const { stand, world, note } = happening;
  const file = drawFile(happening);
  note(`on a full disk: reload with ${JSON.stringify(file)}`);
  await stand.write(file);
  const answer = await stand.onFullDisk(() => reload(happening));
  if (answer?.status === 200) return [afterFile(world, file)];
  await stand.write(world.file);
  if (answer !== null && answer.status >= 400) return [world];
  throw new Error(`reload on a full disk: ${JSON.stringify(answer)}`);
};

/** A file, or a script of it, that cannot be had changes nothing. */
export const reloadRefused: Event = async (happening) => {
  const { stand, world, draw, note } = happening;
  const [name = "f"] = Object.keys(world.file);
  const taken = Object.values(world.tenants).flatMap(({ apiHosts }) => apiHosts ?? [])[0];
  const kind = draw.one(["empty", "script", "unknown key", taken === undefined ? "empty" : "host"]);
  note(`reload refused: ${kind}`);
  if (kind === "script" && world.file[name] !== undefined) {
    await stand.writeScript(name, "export default {");
  } else if (kind === "unknown key") await stand.write(world.file, { listener: [] });
  else if (kind === "host" && taken !== undefined) {
    const rest = { hosts: [`${name}.test`, taken], tag: "t" };
    await stand.write({ ...world.file, x: rest });
  } else await stand.writeText("");
  const answer = await reload(happening);
  await stand.write(world.file);
  if (answer !== null && answer.status >= 400 && answer.status < 500) return [world];
  throw new Error(`reload of what is wrong (${kind}): ${JSON.stringify(answer)}`);
};

export const killedReload: Event = async (happening) => {
  const { stand, world, draw, note } = happening;
  const file = drawFile(happening);
  const afterMs = draw.from(0, 300);
  note(`killed after ${afterMs} ms of a reload with ${JSON.stringify(file)}`);
  await stand.write(file);
  const answered = reload(happening);
  await wait(afterMs);
  await stand.kill();
  await answered;
  await stand.startAgain();
  // it serves what it read at its start, whatever became of the reload
  return lossy([afterFile(world, file)]);
};

/** Also with a call that comes while it is under way. */
export const handedOver: Event = async (happening) => {
  const { stand, world, draw, call: next, note } = happening;
  const file = draw.isOneIn(2) ? world.file : drawFile(happening);
  const call = draw.isOneIn(2) ? next() : null;
  note(`handover with ${JSON.stringify(file)}${call === null ? "" : `; ${call.title}`}`);
  await stand.write(file);
  const { proxy } = stand;
  const count = proxy.pids().length;
  proxy.signal("SIGUSR2");
  await wait(draw.from(0, 200));
  const answer = call === null ? null : await sent(stand, call);
  await proxy.waitFor(() => proxy.pids().length > count);
  await until(() => !isAlive(proxy.pids().at(-2) ?? 0) || undefined);
  if (call === null) return [afterFile(world, file)];
  const orders = [
    () =>
      outcomes(world, call, answer, { mayBeUnavailable: true }).map((one) => afterFile(one, file)),
    () => outcomes(afterFile(world, file), call, answer, { mayBeUnavailable: true }),
  ];
  return anyOf(orders);
};

/** The successor dies before it serves, or just then: who serves goes on, or nobody does. */
export const killedSuccessor: Event = async (happening) => {
  const { stand, world, draw, note } = happening;
  const file = draw.isOneIn(2) ? world.file : drawFile(happening);
  const afterMs = draw.from(0, 700);
  note(`handover with ${JSON.stringify(file)}, successor killed after ${afterMs} ms`);
  await stand.write(file);
  const { proxy } = stand;
  const pid = proxy.pids().at(-1) ?? 0;
  const before = new Set(servesOf(pid));
  const since = proxy.lines.length;
  proxy.signal("SIGUSR2");
  const successor = await until(() => servesOf(pid).find((child) => !before.has(child)));
  await wait(afterMs);
  if (successor !== undefined) kill(successor);
  const tells = ({ msg = "" }: LogLine): boolean => /^hand(?:over failed|ed over)/.test(msg);
  const isOver = await Promise.race([
    proxy.exited().then(() => true),
    proxy.waitFor((line) => tells(line) && proxy.lines.indexOf(line) >= since).then(() => false),
  ]).catch(() => true);
  if (!isOver && isAlive(pid) && proxy.pids().at(-1) === pid) {
    // what it had stored may serve by now: then this changes nothing
    const answer = await reload(happening);
    if (answer?.status !== 200) throw new Error(`reload: ${JSON.stringify(answer)}`);
    return [afterFile(world, file)];
  }
  await stand.kill();
  await stand.startAgain();
  return lossy([afterFile(world, file)]);
};
