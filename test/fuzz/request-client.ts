// One request of the fuzzer as its client sees it: sent as the plan says, and the answer looked at.

import { type Agent, type IncomingMessage, request } from "node:http";
import { strange } from "./request-origin.ts";
import type { Plan } from "./request-plan.ts";
import type { Violations } from "./violations.ts";

export interface FuzzClient {
  readonly port: number;
  readonly host: string;
  readonly agent: Agent;
  readonly violations: Violations;
}

/** Resolves when the answer is complete, or the connection gone. Never rejects. */
export function sendPlan(plan: Plan, { port, host, agent, violations }: FuzzClient): Promise<void> {
  const { token, hooks, origin, sent, answered, leavesMs } = plan;
  return new Promise((resolve) => {
    const body = token.repeat(sent);
    const call = request({
      ...{ port, agent, host: "127.0.0.1", method: sent > 0 ? "POST" : "GET" },
      path: `/t/${token}?o=${origin}&n=${answered}`,
      headers: {
        ...{ host, "x-token": token, "x-plan": JSON.stringify(hooks) },
        ...(sent > 0 ? { "content-length": body.length, "x-sent": sent } : {}),
      },
    });
    const leave = leavesMs > 0 ? setTimeout(() => call.destroy(), leavesMs) : undefined;
    const over = (): void => {
      clearTimeout(leave);
      resolve();
    };
    call.on("response", (response) => {
      void look(response, plan, violations).then(over);
    });
    call.on("error", over);
    call.on("close", over);
    sendBody(call, body);
  });
}

/** In two parts, so that hooks meet more than one chunk. */
function sendBody(call: ReturnType<typeof request>, body: string): void {
  const half = Math.floor(body.length / 2);
  if (half > 0) call.write(body.slice(0, half));
  call.end(body.slice(half));
}

async function look(response: IncomingMessage, plan: Plan, violations: Violations): Promise<void> {
  const { token, answered } = plan;
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let isWhole = true;
  try {
    for await (const chunk of response) chunks.push(chunk);
  } catch {
    isWhole = false;
  }
  const body = Buffer.concat(chunks).toString("latin1");
  const tell = (sentence: string): void => violations.add(token, `${status}: ${sentence}`);
  const named = headers["x-token"];
  // an isolate that dies twice takes along what a hook had made of ctx: then there is no token
  const lost = status === 599 && named === "";
  if (named !== undefined && named !== token && !lost) tell(`the answer has the token ${named}`);
  const now = headers["x-v-now"];
  if (now !== undefined && now !== headers["x-v"]) tell(`versions ${headers["x-v"]} and ${now}`);
  if (status === 200) {
    if (headers["x-origin-token"] !== token) tell(`an answer to ${headers["x-origin-token"]}`);
    if (named === undefined) tell("no hook has seen it");
    if (body.replaceAll(token, "") !== "" && isWhole) tell(`foreign bytes ${strange(body, token)}`);
    if (isWhole && body.length !== answered * token.length) tell(`${body.length} bytes`);
  }
  if (status === 203 && body !== token) tell(`answered ${body.slice(0, 60)}`);
  if (status === 599 && body !== `failed ${lost ? "" : token}`)
    tell(`failed with ${body.slice(0, 60)}`);
}
