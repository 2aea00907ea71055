// An origin that says who it is, and that a test makes fail; and the script of the tests of peers.

import type { ServerResponse } from "node:http";
import { type HttpOrigin, httpOrigin } from "./http-origin.ts";

/** Aborts its hook for one path: a script's error, and no peer's. */
export const SCRIPT = `
  import { definePhases } from "sluice";
  export default definePhases({
    upstreamPeer: ({ request }) => ({ group: "one", key: request.path ?? "" }),
    upstreamRequestFilter({ request }) {
      if (request.path === "/broken-hook") throw new Error("the script's own");
    },
  });
`;

export class Origin {
  /** What it answers, also to checks. */
  status = 200;
  /** What it answers to checks that come rarely. */
  rarely = 200;
  readonly held: ServerResponse[] = [];
  server: HttpOrigin | null = null;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  async start(): Promise<void> {
    this.server = await httpOrigin((request, response) => {
      const { url = "" } = request;
      if (url === "/broken") return void request.socket.destroy();
      if (url === "/begun") response.setHeader("content-length", "begun, done".length);
      if (url === "/begun") response.write("begun, ");
      if (url === "/upload") response.once("finish", () => request.resume());
      if (["/held", "/begun", "/upload"].includes(url)) return void this.held.push(response);
      response.statusCode = url.startsWith("/fails") ? 500 : this.status;
      if (url === "/rarely") response.statusCode = this.rarely;
      response.end(this.name);
    });
  }

  get address(): string {
    return this.server?.address ?? "";
  }
}
