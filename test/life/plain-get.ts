// One request by a host's name, to a proxy that listens elsewhere.

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";

export interface Asked {
  readonly host: string;
  readonly target: string;
  /** Sent by POST. */
  readonly body?: string | undefined;
}

export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function get({ port }: { readonly port: number }, asked: Asked): Promise<Got> {
  const { host, target: path, body } = asked;
  const method = body === undefined ? "GET" : "POST";
  const sent = request({ port, host: "127.0.0.1", path, method, headers: { host }, agent: false });
  sent.end(body);
  const [response]: IncomingMessage[] = await once(sent, "response");
  if (response === undefined) throw new Error("no response");
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return { status: response.statusCode ?? 0, headers, text: await text(response) };
}
