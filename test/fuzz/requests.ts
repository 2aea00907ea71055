// The fuzzer of requests: hundreds of them side by side, whose hooks await, share promises, throw,
// overrun, read and edit bodies, while clients leave, origins misbehave, the script is replaced and
// cells are killed. What must hold: every byte, header, ctx, log line and count carries its own
// request's token and one version's tag.

import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { CellStand } from "../life/cell-stand.ts";
import { WITH_TOKEN } from "../life/control.ts";
import type { LogLine, TestProxy } from "../life/proxy.ts";
import { Draw } from "./random.ts";
import { sendPlan } from "./request-client.ts";
import { FuzzOrigin } from "./request-origin.ts";
import { drawPlan, type Plan } from "./request-plan.ts";
import { captureSome, replayCaptured } from "./request-replays.ts";
import { requestScript } from "./request-script.ts";
import { Violations } from "./violations.ts";

export interface RequestFuzz {
  readonly seed: number;
  readonly forMs: number;
  readonly isolation: "inline" | "process";
}

export interface RequestFuzzFigures {
  readonly requests: number;
  readonly lines: number;
  readonly versions: number;
  /** Requests that were captured, and answered once more. */
  readonly replayed: number;
}

const CLIENTS = 48;
const HOST = "subject.example";
/** A version's requests meet the next one's; and a cell dies while its successor is new. */
const VERSION_EVERY_MS = 1_700;
const KILL_EVERY_MS = 2_300;

/** Throws with all that was wrong. */
export async function fuzzRequests(fuzz: RequestFuzz): Promise<RequestFuzzFigures> {
  const { seed, forMs, isolation } = fuzz;
  const violations = new Violations();
  await using origin = await FuzzOrigin.start(violations);
  await using stand = await startStand(isolation, origin.address);
  const { proxy } = stand;
  const innocent = new Set<string>();
  const unlogged = new Set<string>();
  await captureSome(proxy);
  const untilMs = performance.now() + forMs;
  const [requests, versions] = await Promise.all([
    sendAll({ seed, untilMs, port: proxy.port, violations, innocent, unlogged }),
    replaceScript(proxy, untilMs),
    isolation === "process" ? killCells(stand, untilMs) : undefined,
  ]);
  await settled(proxy, requests);
  const replayed = await replayCaptured(proxy, violations);
  const metrics = await proxy.metrics();
  await proxy.stop();
  lookAtLines(proxy.lines, unlogged, violations);
  lookAtFailures(proxy.requests(), innocent, violations);
  if (isolation === "process") lookAtCount(proxy.lines, metrics, violations);
  violations.assertNone(seed, (token) => aboutRequest(proxy, token));
  return { requests, versions, replayed, lines: proxy.scriptLines().length };
}

/** Its access line, and what its hooks failed for. */
function aboutRequest(proxy: TestProxy, token: string): string {
  const line = proxy.requests().find(({ target }) => String(target).includes(token));
  if (line === undefined) return "";
  const own = proxy.lines.filter(({ id, source }) => source === "script" && id === line.id);
  const told = own.map(({ hook, code, msg }) => `${hook} ${code ?? ""} ${msg}`).slice(-4);
  return ` (${line.status} ${line.error ?? ""} ${line.reason ?? ""}; ${told.join("; ")})`;
}

function startStand(isolation: string, address: string): Promise<CellStand> {
  const limits = {
    hookMs: 1_000,
    // longer than those wait that are behind a few overruns on a busy machine
    ...{ hookWallMs: 60_000, turnWaitMs: 60_000 },
    logLines: 1_000,
    logBytesPerSecond: 16_777_216,
  };
  const upstreams = { origin: { peers: [address] } };
  const breaker = { failurePercent: 100, minRequests: 1_000_000 };
  const subject = {
    isolation,
    upstreams,
    defaultUpstream: "origin",
    limits,
    breaker,
    maxRetries: 1,
  };
  return CellStand.start({
    files: { "subject.ts": requestScript("v0") },
    tenants: { subject: { ...subject, rollback: { automatic: false } } },
    config: { workers: 2, store: "memory" },
    env: WITH_TOKEN,
  });
}

interface Sending {
  readonly seed: number;
  readonly untilMs: number;
  readonly port: number;
  readonly violations: Violations;
  /** Tokens of those that must not fail. */
  readonly innocent: Set<string>;
  /** Tokens of those whose logging hook never comes to its end. */
  readonly unlogged: Set<string>;
}

const mayNotFail = ({ isInnocent, origin, leavesMs }: Plan): boolean =>
  isInnocent && leavesMs === 0 && !["reset", "break", "early"].includes(origin);

const isUnlogged = ({ hooks }: Plan): boolean =>
  hooks.logging?.some(([deed]) => deed === "overrun") === true;

async function sendAll(sending: Sending): Promise<number> {
  const { seed, untilMs, port, violations, innocent, unlogged } = sending;
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const draw = new Draw(seed);
  let requests = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const token = `~${seed.toString(36)}.${(requests++).toString(36)}~`;
      const plan = drawPlan(draw, token);
      if (mayNotFail(plan)) innocent.add(token);
      if (isUnlogged(plan)) unlogged.add(token);
      await sendPlan(plan, { port, agent, host: HOST, violations });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  agent.destroy();
  return requests;
}

async function replaceScript(proxy: TestProxy, untilMs: number): Promise<number> {
  let versions = 0;
  while (performance.now() + VERSION_EVERY_MS < untilMs) {
    await pause(VERSION_EVERY_MS);
    await proxy.write("subject.ts", requestScript(`v${++versions}`));
    proxy.signal("SIGHUP");
  }
  return versions;
}

async function killCells(stand: CellStand, untilMs: number): Promise<void> {
  while (performance.now() + KILL_EVERY_MS < untilMs) {
    await pause(KILL_EVERY_MS);
    await stand.signalCells("SIGKILL", (pids) => pids.slice(0, 1));
  }
}

/** Every exchange has its access line: the log is complete. */
async function settled(proxy: TestProxy, requests: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  let count = -1;
  while (performance.now() < deadline) {
    const now = proxy.lines.length;
    if (now === count && proxy.requests().length >= requests * 0.8) return;
    count = now;
    await pause(500);
  }
}

const TOKEN = /~[0-9a-z]+\.[0-9a-z]+~/;

function lookAtLines(
  lines: readonly LogLine[],
  unlogged: ReadonlySet<string>,
  violations: Violations,
): void {
  const tokens = new Map<unknown, string>();
  const failed = new Set<unknown>();
  for (const line of lines) {
    if (line.msg !== "request") continue;
    const [token = ""] = TOKEN.exec(String(line.target)) ?? [];
    if (tokens.has(line.id)) violations.add(token, "two access lines");
    tokens.set(line.id, token);
    if (line.error !== null) failed.add(line.id);
  }
  const logged = new Map<unknown, number>();
  const versions = new Map<unknown, unknown>();
  for (const line of lines) {
    if (line.source !== "script") continue;
    const { id, msg = "", deployment, code } = line;
    if (LOST.includes(String(code))) failed.add(id);
    const own = tokens.get(id);
    const [said] = TOKEN.exec(msg) ?? [];
    if (/^(?:foreign|used)/.test(msg)) violations.add(own ?? "", `its hook says: ${msg}`);
    if (said !== undefined && own !== undefined && said !== own) {
      violations.add(own, `a line of ${said}: ${msg}`);
    }
    if (own === undefined) continue;
    const before = versions.get(id) ?? deployment;
    versions.set(id, before);
    if (deployment !== before) violations.add(own, `lines of ${before} and ${deployment}`);
    if (msg.startsWith("logged ")) logged.set(id, (logged.get(id) ?? 0) + 1);
  }
  for (const [id, token] of tokens) {
    const times = logged.get(id) ?? 0;
    if (times > 1) violations.add(token, `logging ran ${times} times`);
    if (times === 0 && !failed.has(id) && !unlogged.has(token))
      violations.add(token, "logging did not run");
  }
}

/** Two deaths while a hook waits, of others' overruns or of a signal, are more than it survives. */
const LOST = ["script_lost", "cell_lost"];

/** An origin that closes an idle connection may do so under a request that is on its way. */
function lookAtFailures(
  requests: readonly LogLine[],
  innocent: ReadonlySet<string>,
  violations: Violations,
): void {
  for (const { target, status, method, error } of requests) {
    const [token = ""] = TOKEN.exec(String(target)) ?? [];
    const wasClosed = method === "POST" && error === "upstream_closed";
    const isExcused = wasClosed || LOST.includes(String(error));
    if (Number(status) < 500 || isExcused || !innocent.has(token)) continue;
    violations.add(token, "an innocent request failed");
  }
}

/**
 * In a cell what did not come out has not counted: a count for each line, and a line for each. Of a
 * logging hook that the proxy has given up, and says so, the count may have come out and its line
 * was not waited for; and lines that the proxy says it has dropped are not here.
 */
function lookAtCount(lines: readonly LogLine[], metrics: string, violations: Violations): void {
  const told = lines.filter(({ source }) => source === "script");
  const said = told.filter(({ msg = "" }) => /^logged /.test(msg)).length;
  const isGivenUp = ({ hook, code }: LogLine): boolean => hook === "logging" && code !== undefined;
  const givenUp = new Set(told.filter(isGivenUp).map(({ id }) => id)).size;
  const count = Number(/^sluice_script_value\{.*name="logged".*\} (\d+)$/m.exec(metrics)?.[1]);
  const dropped = Number(/^sluice_log_dropped_total (\d+)$/m.exec(metrics)?.[1]);
  if (count >= said && count <= said + givenUp + dropped) return;
  const excused = `${givenUp} were given up, ${dropped} lines dropped`;
  violations.add("", `counted ${count} requests, ${said} have said so, ${excused}`);
}
