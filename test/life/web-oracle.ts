// The same handlers in a script of ours and in workerd, the same requests to both, and what came.

import { readFileSync } from "node:fs";
import { exchange, type RawResponse } from "./raw-client.ts";
import { HANDLERS, type Handler } from "./web-handlers.ts";

/** Status, the headers that are the handler's, and the body. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: unknown;
}

const functions = Object.entries(HANDLERS).map(
  ([title, { body }]) => `${JSON.stringify(title)}: async (request) => {${body}}`,
);

const ANSWER = `const handlers = {${functions.join(",\n")}};
async function answer(request) {
  try {
    const result = await handlers[request.headers.get("x-case")](request);
    return result instanceof Response ? result : Response.json(result ?? null);
  } catch (error) {
    return Response.json({ thrown: error.name }, { status: 500 });
  }
}`;

export const WORKER = `${ANSWER}
export default { fetch: answer };`;

export const SCRIPT = `import { definePhases } from "sluice";
${ANSWER}
export default definePhases({
  requestFilter({ request }) {
    const { method, headers, body } = request;
    return answer(new Request(request.url, { method, headers, body }));
  },
});`;

export async function ask(port: number, title: string): Promise<Answer> {
  const { method = "GET", target = "/", headers = "", content }: Handler = HANDLERS[title] ?? NONE;
  const length = content === undefined ? "" : `Content-Length: ${content.length}\r\n`;
  const fields = `Host: a.example\r\nX-Case: ${title}\r\nConnection: close\r\n${headers}${length}`;
  const head = `${method} ${target} HTTP/1.1\r\n${fields}\r\n`;
  return answerOf(await exchange(port, head + (content ?? "")));
}

const NONE: Handler = { body: "" };
/** How each writes them is its own affair. */
const FRAMING = /^(?:date|server|via|connection|content-length|transfer-encoding|x-request-id):/i;

function answerOf({ status, lines, body }: RawResponse): Answer {
  const headers = lines
    .slice(1)
    .filter((line) => !FRAMING.test(line))
    .map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()))
    .sort();
  const isJson = headers.some((line) => line.startsWith("content-type: application/json"));
  return { status, headers, body: isJson ? parsed(Buffer.from(body, "latin1").toString()) : body };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `ours` stands where it is another answer, with the reason; the test files fail if it is none. */
export interface Expectation {
  readonly workerd: Answer;
  readonly ours?: Answer;
  readonly why?: string;
}

export const expectations: Readonly<Record<string, Expectation>> = JSON.parse(
  readFileSync(new URL("web-oracle.json", import.meta.url), "utf8"),
);
