// The life of an upstream connection, as one table of behaviours that is run over both transports,
// in the clear and over TLS: each checks the other.

import { test } from "node:test";
import { BODIES } from "./lifecycle/bodies.ts";
import { EARLY_ANSWERS } from "./lifecycle/early-answers.ts";
import { FAULTS } from "./lifecycle/faults.ts";
import { HEADS } from "./lifecycle/heads.ts";
import { IDLE } from "./lifecycle/idle.ts";
import { LOGINS } from "./lifecycle/logins.ts";
import { REUSE } from "./lifecycle/reuse.ts";
import { TIMEOUTS } from "./lifecycle/timeouts.ts";
import { TRAILERS } from "./lifecycle/trailers.ts";
import { type Behaviour, CERTIFICATE, Stand } from "./stand.ts";

const TABLE: readonly Behaviour[] = [
  ...REUSE,
  ...IDLE,
  ...LOGINS,
  ...HEADS,
  ...BODIES,
  ...TRAILERS,
  ...EARLY_ANSWERS,
  ...FAULTS,
  ...TIMEOUTS,
];

for (const kind of ["sluice", "undici"] as const) {
  for (const certificate of [null, CERTIFICATE]) {
    for (const { title, run, only } of TABLE) {
      if (only !== undefined && only !== kind) continue;
      test(`${kind}${certificate === null ? "" : " over TLS"}: ${title}`, async () => {
        using stand = new Stand({ kind, certificate });
        await run(stand);
      });
    }
  }
}
