// A method and a path with a line break.

import type { Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a method or path that breaks the request line is refused",
  hooks: `requestFilter(session) {
      for (const method of ["CONNECT", "GET /x HTTP/1.1\\r\\nEvil:", "G T", ""])
        try { session.request.method = method; return new Response("taken " + method); } catch {}
      for (const target of ["/a b", "/a\\r\\nEvil: 1", "", "a"])
        try { session.request.target = target; return new Response("taken " + target); } catch {}
      return new Response("answered");
    }`,
  expected: /^(200 answered|500 .*script_result)/s,
};
