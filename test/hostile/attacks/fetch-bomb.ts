// A body of 128 MiB of zeros, compressed to nearly nothing, read whole and as a stream.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a compressed bomb that is fetched is refused, whichever way it is read",
  hooks: `async requestFilter() {
      const get = () => fetch("http://any.example/", { upstream: "main" });
      const drain = async (body) => { for await (const piece of body); };
      const all = await Promise.allSettled([
        get().then((response) => response.text()),
        get().then((response) => drain(response.body)),
      ]);
      const isRefused = all.every(({ reason }) => reason instanceof TypeError);
      return new Response(isRefused ? "answered" : JSON.stringify(all.map(({ status }) => status)));
    }`,
  limits: { hookMs: 2_000, memoryMiB: 128 },
  times: 2,
  origin: "bomb",
  expected: ANSWERED,
};
