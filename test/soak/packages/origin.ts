// The services that the packages of fetching.ts are clients of, each with one answer.

import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { type HttpOrigin, httpOrigin } from "../../life/http-origin.ts";

type Answer = (asked: { readonly method: string; readonly body: string }) => string;

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

const ANSWERS: Readonly<Record<string, readonly [type: string, answer: Answer]>> = {
  "/echo": ["application/json", ({ method, body }) => JSON.stringify({ method, body })],
  "/graphql": ["application/json", () => '{"data":{"name":"Ann"}}'],
  "/redis/pipeline": ["application/json", () => JSON.stringify([{ result: btoa('{"a":1}') }])],
  "/events": ["text/event-stream", () => "data: one\n\ndata: two\n\n"],
  "/openai/chat/completions": [
    "text/event-stream",
    () => `${chunk("Hello ")}${chunk("there")}data: [DONE]\n\n`,
  ],
  "/s3/b/k": ["text/plain", () => "object b/k"],
};

export const packagesOrigin = async (): Promise<HttpOrigin> =>
  await httpOrigin(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://origin");
    const asked = { method: request.method ?? "", body: await text(request) };
    const [type, answer] = ANSWERS[pathname] ?? ["application/json", () => discovery(request)];
    response.setHeader("content-type", type);
    response.end(answer(asked));
  });

/** Of OpenID Connect. */
const discovery = ({ headers }: IncomingMessage): string =>
  JSON.stringify({
    issuer: `http://${headers.host}`,
    token_endpoint: "https://id.example/token",
  });
