// Values with CR, LF and NUL, and the names that frame a message.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a header that could break the message is refused",
  hooks: `requestFilter(session) {
      const { headers } = session.request;
      for (const value of ["a\\r\\nx: 1", "a\\nb", "a\\0", "\\u0100"])
        try { headers.set("x-own", value); return new Response("taken"); } catch {}
      for (const name of ["x y", "x:", "", "x\\r\\ny", ":path", "transfer-encoding", "content-length", "connection"])
        try { headers.set(name, "1"); return new Response("taken " + name); } catch {}
      return new Response("answered");
    }`,
  isQuick: true,
  expected: ANSWERED,
};
