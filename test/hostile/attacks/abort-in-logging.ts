// The process ends in the last hook, when the client has its answer.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "an abort behind the answer leaves the answer as it is",
  hooks: `requestFilter() { return new Response("answered"); },
    logging() { "ab".repeat(2 ** 28 - 100).split(""); }`,
  times: 6,
  isQuick: true,
  expected: ANSWERED,
};
