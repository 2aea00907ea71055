// A Content-Length that is not the body's.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "an answer with a false length goes out with the true one",
  hooks: `requestFilter(session) {
      return new Response("answered", { headers: { "content-length": "2", "transfer-encoding": "chunked" } });
    }`,
  expected: ANY_END,
};
