// What may happen to the proxy, and how often: mostly a call, two at once, a full disk under one.

import { setTimeout as wait } from "node:timers/promises";
import { answered, anyOf, type Event, lossy, outcomes, sent } from "./change-event.ts";
import {
  handedOver,
  killedReload,
  killedSuccessor,
  reloaded,
  reloadedOnFullDisk,
  reloadRefused,
} from "./change-reloads.ts";
import { passed, takenBack } from "./change-versions.ts";
import { isAlive, until } from "./processes.ts";
import type { Draw } from "./random.ts";

const one: Event = async ({ stand, world, call: next, note }) => {
  const call = next();
  note(call.title);
  return outcomes(world, call, await answered(stand, call));
};

/** In either order. */
const two: Event = async ({ stand, world, call: next, note }) => {
  const [first, second] = [next(), next()];
  note(`at once: ${first.title}; ${second.title}`);
  const [one, other] = await Promise.all([answered(stand, first), answered(stand, second)]);
  return anyOf([
    () => outcomes(world, first, one).flatMap((each) => outcomes(each, second, other)),
    () => outcomes(world, second, other).flatMap((each) => outcomes(each, first, one)),
  ]);
};

const onFullDisk: Event = async ({ stand, world, call: next, note }) => {
  const call = next();
  note(`on a full disk: ${call.title}`);
  const answer = await stand.onFullDisk(() => answered(stand, call));
  return outcomes(world, call, answer, { mayBeUnavailable: true });
};

const killed: Event = async ({ stand, world, draw, call: next, note }) => {
  const call = next();
  const afterMs = draw.from(0, draw.one([5, 30, 150]));
  note(`killed after ${afterMs} ms of: ${call.title}`);
  const answering = sent(stand, call);
  await wait(afterMs);
  await stand.kill();
  const answer = await answering;
  await stand.startAgain();
  return lossy(outcomes(world, call, answer));
};

const ended: Event = async ({ stand, world, note }) => {
  note("SIGTERM");
  const { proxy } = stand;
  const pid = proxy.pids().at(-1) ?? 0;
  proxy.signal("SIGTERM");
  await until(() => !isAlive(pid) || undefined);
  await stand.kill();
  await stand.startAgain();
  return [world];
};

const EVENTS: readonly (readonly [weight: number, event: Event])[] = [
  [60, one],
  [12, two],
  [6, onFullDisk],
  [6, killed],
  [1, ended],
  [3, takenBack],
  [5, passed],
  [6, reloaded],
  [3, reloadedOnFullDisk],
  [3, reloadRefused],
  [2, killedReload],
  [2, handedOver],
  [2, killedSuccessor],
];

export const drawEvent = (draw: Draw): Event => draw.weighted(EVENTS);
