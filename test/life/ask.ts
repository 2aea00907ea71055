// A request to one tenant of a proxy, on a connection of its own, so that requests come to every
// worker.

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import type { TestProxy } from "./proxy.ts";

export interface Asked {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export async function ask(
  { host, port }: Pick<TestProxy, "host" | "port">,
  tenant: string,
  { path = "/", headers = {}, signal }: Asked = {},
): Promise<Answer> {
  const asked = request({
    ...{ host, port, path, agent: false },
    headers: { ...headers, host: `${tenant}.test` },
    ...(signal === undefined ? {} : { signal }),
  });
  asked.end();
  const [answer]: IncomingMessage[] = await once(asked, "response");
  if (answer === undefined) throw new Error("no answer");
  // whoever reads the body hears of its end
  asked.on("error", () => {});
  const { statusCode: status = 0, headers: given } = answer;
  return { status, headers: given, body: await text(answer) };
}
