// Proof, before anything is measured, that a contestant does its work: it forwards, keeps its
// upstream connections, and the scripted ones run their hooks and count.

import { Agent, request } from "node:http";
import type { Contestant } from "./contestants.ts";
import { FETCHED_BODY, ORIGIN_BODY } from "./contestants.ts";
import { readOrigin } from "./origin-status.ts";

/** Requests one after the other that may need only a few upstream connections. */
const SEQUENTIAL_REQUESTS = 50;
const UPSTREAM_CONNECTIONS_MAX = 10;

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** The header that the hooks write: `LANGUAGE COUNT`. */
  readonly ctx: string | undefined;
}

export interface CheckPlan {
  readonly port: number;
  /** What it is sent besides. */
  readonly headers: readonly string[];
  /** Port of the origin's status page. */
  readonly originStatusPort: number;
}

/** Throws a sentence that says what the contestant does not do. */
export async function check(contestant: Contestant, plan: CheckPlan): Promise<void> {
  using agent = new KeepAlive();
  const answers: Answer[] = [];
  for (const language of LANGUAGES) answers.push(await ask(agent, plan, language));
  const fault = findFault(contestant, answers);
  if (fault !== null) throw new Error(`${contestant.name} does not do its work: ${fault}`);

  if (contestant.work === "token") {
    const { status } = await ask(agent, { ...plan, headers: [] }, "en");
    if (status !== 401) throw new Error(`${contestant.name} lets a request without token through.`);
  }

  const before = await readOrigin(plan.originStatusPort);
  for (let sent = 0; sent < SEQUENTIAL_REQUESTS; sent += 1) await ask(agent, plan, "en");
  const after = await readOrigin(plan.originStatusPort);
  const opened = after.connections - before.connections;
  if (after.requests - before.requests < SEQUENTIAL_REQUESTS) {
    throw new Error(`${contestant.name} does not forward every request.`);
  }
  if (opened > UPSTREAM_CONNECTIONS_MAX && contestant.work !== "fetch") {
    throw new Error(`${contestant.name} does not keep upstream connections: it opened ${opened}.`);
  }
}

/** Distinct, so that an answer cannot come from another request's ctx. */
export const LANGUAGES = ["en-GB", "de-AT", "pt-BR"] as const;

/** What is wrong with the answers to LANGUAGES, in their order; null: nothing. */
export function findFault(contestant: Contestant, answers: readonly Answer[]): string | null {
  const counts: number[] = [];
  for (const [index, answer] of answers.entries()) {
    if (answer.status !== 200) return `it answers ${answer.status}.`;
    const body = contestant.work === "fetch" ? FETCHED_BODY : ORIGIN_BODY;
    if (answer.body !== body) return `the body is ${JSON.stringify(answer.body)}.`;
    if (!contestant.work.startsWith("hooks")) {
      if (answer.ctx !== undefined) return "it writes a header that nobody asked for.";
      continue;
    }
    const [language, count, ...rest] = (answer.ctx ?? "").split(" ");
    if (language !== LANGUAGES[index] || rest.length > 0) return `x-ctx is ${answer.ctx}.`;
    counts.push(Number(count));
  }
  const isCounting = counts.every((count, index) => count === (counts[0] ?? 0) + index);
  if (contestant.work === "hooks" && !isCounting) return `it counts ${counts.join(", ")}.`;
  return null;
}

class KeepAlive extends Agent implements Disposable {
  constructor() {
    super({ keepAlive: true, maxSockets: 1 });
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

function ask(agent: Agent, { port, headers: given }: CheckPlan, language: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const lines = given.map((line) => line.split(": ", 2));
    const headers = { "accept-language": language, ...Object.fromEntries(lines) };
    const options = { agent, host: "127.0.0.1", port, headers, timeout: 5000 };
    const sent = request(options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        const ctx = response.headers["x-ctx"];
        resolve({ status: response.statusCode ?? 0, body, ctx: ctx?.toString() });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("No answer within 5 s.")));
    sent.on("error", reject);
    sent.end();
  });
}
