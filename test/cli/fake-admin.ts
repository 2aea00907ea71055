// An admin API that answers what a test says, and remembers what it was asked.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { builtProgram } from "../support/built-program.ts";
import { type Ending, run } from "../support/program.ts";

export interface Asked {
  /** `PUT /v1/tenants/shop?x=1` */
  readonly call: string;
  readonly authorization: string | undefined;
  readonly condition: string | undefined;
  /** Parsed; undefined: none. */
  readonly body: unknown;
}

export interface Given {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** By call, or by its path without a method. */
export type Answers = Readonly<Record<string, Given>>;

export class FakeAdmin implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #answers: Answers;
  #url = "";

  private constructor(answers: Answers) {
    this.#answers = answers;
    this.#server = createServer(async (request, response) => {
      const { method = "", url = "", headers } = request;
      const body = await text(request);
      this.asked.push({
        call: `${method} ${url}`,
        authorization: headers.authorization,
        condition: headers["if-match"] ?? headers["if-none-match"],
        body: body === "" ? undefined : JSON.parse(body),
      });
      const missing: Given = {
        status: 404,
        body: { title: "Not Found", detail: `no ${method} ${url}` },
      };
      const {
        status = 200,
        headers: own,
        body: given,
      } = this.#answers[`${method} ${url}`] ?? missing;
      response.writeHead(status, { "content-type": "application/json", ...own });
      response.end(
        given === undefined ? "" : typeof given === "string" ? given : JSON.stringify(given),
      );
    });
  }

  static async start(answers: Answers): Promise<FakeAdmin> {
    const admin = new FakeAdmin(answers);
    admin.#server.listen(0, "127.0.0.1");
    await once(admin.#server, "listening");
    const address = admin.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    admin.#url = `http://127.0.0.1:${address.port}`;
    return admin;
  }

  get url(): string {
    return this.#url;
  }

  /** Runs `sluice ARGS` against it, with a token. */
  sluice(args: readonly string[], input = ""): Promise<Ending> {
    const env = { SLUICE_ADMIN_URL: this.#url, SLUICE_ADMIN_TOKEN: "secret-token", NO_COLOR: "1" };
    return sluice(args, { env, input });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

interface Options {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly cwd?: string;
}

/** One command line, to its end. */
export async function sluice(args: readonly string[], options: Options = {}): Promise<Ending> {
  const { main, env } = await builtProgram();
  return await run(process.execPath, [main, ...args], {
    ...options,
    env: { ...env, ...options.env },
  });
}
