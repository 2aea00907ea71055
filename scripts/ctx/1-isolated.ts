// A mistake, to be seen once: what two filters share must not be a variable of the module.

import { definePhases, log } from "sluice";

let user = "nobody"; // one for all requests of this isolate

export default definePhases({
  async requestFilter({ request }) {
    user = request.headers.get("x-user") ?? "nobody";
    if (request.path === "/slow") await new Promise((done) => setTimeout(done, 2_000));
  },

  logging({ request }) {
    log.info(`${request.target} was asked for by ${user}`);
  },
});
