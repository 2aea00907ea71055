// Some of the fuzzer's requests are captured while they run beside all the others, and answered
// once more by the version that served them, alone: what came of them must come again.

import { call, type Json, list } from "../life/control.ts";
import type { TestProxy } from "../life/proxy.ts";
import { requestScript } from "./request-script.ts";
import type { Violations } from "./violations.ts";

const TENANT = "/tenants/subject";
const CAPTURED = 40;

/** What else an origin does is no request's own: it answers before, or breaks off in the middle. */
const DEEDS = /[?&]o=(?:answer|slowly|inform|close)\b/;
const TOKEN = /~[0-9a-z]+\.[0-9a-z]+~/;

/** From now on. */
export async function captureSome(proxy: TestProxy): Promise<void> {
  const { status } = await call(proxy, ["POST", `${TENANT}/capture-rules`], { count: CAPTURED });
  if (status !== 201) throw new Error(`no rule was made: ${status}`);
}

/** How many were answered once more. */
export async function replayCaptured(proxy: TestProxy, violations: Violations): Promise<number> {
  const all = list((await call(proxy, ["GET", `${TENANT}/captures`])).body.captures);
  const fit = all.filter(
    ({ gap, error, target }) => gap === null && error === null && DEEDS.test(String(target)),
  );
  let replayed = 0;
  for (const ofVersion of Map.groupBy(fit, ({ deployment }) => deployment).values()) {
    replayed += await replayBy(proxy, ofVersion, violations);
  }
  return replayed;
}

async function replayBy(
  proxy: TestProxy,
  captures: readonly Json[],
  violations: Violations,
): Promise<number> {
  const targets = new Map(captures.map(({ id, target }) => [String(id), String(target)]));
  const [first = ""] = targets.keys();
  const shown = await call(proxy, ["GET", `${TENANT}/captures/${first}`]);
  const [, version = ""] = /^x-v: (v\d+)\r$/im.exec(String(shown.body.end?.headers)) ?? [];
  const files = { "subject.ts": requestScript(version) };
  const body = { ids: [...targets.keys()], files, entry: "subject.ts" };
  const { status, body: answer } = await call(proxy, ["POST", `${TENANT}/replays`], body);
  if (status !== 200) throw new Error(`no replay: ${status} ${JSON.stringify(answer)}`);
  const results = list(answer.replayed);
  for (const { id, result, difference, reason } of results) {
    if (String(result) === "same") continue;
    const [token = ""] = TOKEN.exec(targets.get(String(id)) ?? "") ?? [];
    const what = difference === null ? reason : JSON.stringify(difference);
    violations.add(token, `its replay ${String(result)}: ${what}`);
  }
  return results.length;
}
