// Reload and handover as the admin listener offers them.

import type { ActionResult, Actions } from "../control/actions.ts";
import type { HandoverResult } from "./handover.ts";
import type { ReloadResult } from "./reload.ts";

export interface Operable {
  reload(): Promise<ReloadResult>;
  handOver(): Promise<HandoverResult>;
}

export const actionsOf = (proxy: Operable): Actions =>
  new Map([
    ["/v1/reload", async () => reloadAnswer(await proxy.reload())],
    ["/v1/handover", async () => handoverAnswer(await proxy.handOver())],
  ]);

function reloadAnswer(result: ReloadResult): ActionResult {
  if (!result.ok) {
    const detail = "The reload was refused: nothing changed.";
    return problem(422, "Unprocessable Content", { detail, errors: result.problems });
  }
  const { ok: _, ...body } = result;
  return { status: 200, body };
}

function handoverAnswer(result: HandoverResult): ActionResult {
  if (result.ok) return { status: 200, body: { pid: result.pid } };
  const detail = `The handover failed, this process serves on: ${result.reason}`;
  return problem(503, "Service Unavailable", { detail });
}

function problem(status: number, title: string, rest: object): ActionResult {
  return { status, body: { type: "about:blank", status, title, ...rest } };
}
