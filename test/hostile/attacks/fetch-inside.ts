// Every spelling of an address inside, and redirects are tried as well in test/life.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "no address inside is reached by fetch, whoever awaits it",
  hooks: `async requestFilter() {
      const hosts = ["127.0.0.1", "0x7f.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0", "169.254.169.254"];
      const all = await Promise.allSettled(hosts.map((host) => fetch("http://" + host + ":PORT/")));
      const reached = all.filter(({ status }) => status === "fulfilled");
      return new Response(reached.length === 0 ? "answered" : "reached");
    }`.replace("PORT", '" + port + "'),
  before: "const port = PORT;",
  expected: ANSWERED,
};
