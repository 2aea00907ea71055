// A thousand fetches from a service whose certificate nobody vouches for: each is refused, and none
// of them leaves a connection, a place in a pool or memory behind.

import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createServer } from "node:tls";
import { FetchStand, LANES } from "../life/fetch-stand.ts";
import { makeCertificate } from "../support/certificates.ts";
import { residentMiB } from "../support/resident.ts";

const FETCHES = 1_000;
const AT_ONCE = 20;
/** Of the last three quarters: what the heaps of proxy and cell have not collected yet. */
const GROWTH_MIB_MAX = 24;

const { cert, key } = await makeCertificate("IP:127.0.0.1");
const server = createServer({ cert, key }, (socket) => socket.on("error", () => undefined));
let open = 0;
let accepted = 0;
server.on("connection", (socket: Socket) => {
  open++;
  accepted++;
  socket.once("close", () => open--);
});
server.on("tlsClientError", () => undefined).listen(0, "127.0.0.1");
await once(server, "listening");
after(() => server.close());
const at = server.address();
const url = `https://127.0.0.1:${typeof at === "object" ? at?.port : 0}/`;

for (const lane of LANES) {
  test(`${lane}: ${FETCHES} certificates that are refused leave nothing behind`, async () => {
    await using stand = await FetchStand.start({ lane });
    const pid = stand.proxy.process.pid ?? 0;
    const before = accepted;
    const levels: number[] = [];
    for (let done = 0; done < FETCHES; done += AT_ONCE) {
      if (done === FETCHES / 4) levels.push(residentMiB(pid));
      const told = await stand.fetch(...Array.from({ length: AT_ONCE }, () => ({ url })));
      for (const { error } of told) assert.match(error ?? "", /^TypeError: fetch: .*\(tls_/);
    }
    levels.push(residentMiB(pid));
    assert.equal(accepted - before, FETCHES);
    while (open > 0) await setImmediate();
    assert.match(await stand.proxy.metrics(), /^sluice_upstream_connections 0$/m);
    const [from = 0, to = 0] = levels;
    assert.ok(to - from < GROWTH_MIB_MAX, `resident memory in MiB: ${levels.join(", ")}`);
  });
}
