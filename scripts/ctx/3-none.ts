// Filters that have nothing to tell each other need no ctx.

import { definePhases, log } from "sluice";

export default definePhases({
  requestFilter({ request }) {
    if (request.method === "DELETE") return new Response("not here\n", { status: 405 });
    return undefined;
  },

  responseFilter({ response }) {
    response.headers.delete("x-powered-by");
  },

  logging({ request, response }) {
    log.info(`${request.method} ${request.target}: ${response?.status}`);
  },
});
