// A reader of the live tail, as a program would be one: over HTTP, event by event.

import { text } from "node:stream/consumers";
import { Agent, request } from "undici";
import { OPERATOR } from "../../src/base/config/operator.ts";
import { eventsOf, type StreamEvent } from "../../src/cli/client/event-stream.ts";
import type { TestProxy } from "./proxy.ts";

/** Long enough to be one; the proxies of a test file have it from the environment. */
export const TOKEN = "token-of-the-tests-operator";
process.env.SLUICE_ADMIN_TOKEN = TOKEN;

export class TailReader implements AsyncDisposable {
  readonly status: number;
  readonly events: AsyncGenerator<StreamEvent, void>;
  readonly #agent: Agent;

  constructor(status: number, events: AsyncGenerator<StreamEvent, void>, agent: Agent) {
    this.status = status;
    this.events = events;
    this.#agent = agent;
  }

  /** Resolves when every worker tells. */
  static async open(
    proxy: TestProxy,
    query = "",
    tenant: string | null = "demo",
    token = TOKEN,
  ): Promise<TailReader> {
    const agent = new Agent({ bodyTimeout: 0 });
    const ofTenant = tenant === OPERATOR ? "operator/logs" : `tenants/${tenant}/logs`;
    const path = tenant === null ? "logs" : ofTenant;
    const url = `${proxy.admin}/v1/${path}?${query}`;
    const headers = { authorization: `Bearer ${token}` };
    const { statusCode, body } = await request(url, { dispatcher: agent, headers });
    if (statusCode === 200) return new TailReader(statusCode, eventsOf(body), agent);
    await agent.close().catch(() => undefined);
    throw new Error(`${statusCode} ${await text(body)}`);
  }

  /** The next event, parsed; null: the stream has ended. */
  async next(): Promise<Readonly<Record<string, unknown>> | null> {
    const { value, done } = await this.events.next();
    return done ? null : { event: value.name, ...JSON.parse(value.data) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}
