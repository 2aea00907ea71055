// Hostile scripts in the cell lane, those that are quick to try; over HTTP/2 those that break off
// their answers. The long run tries all of them, over both.

import { CLIENT_VERSION } from "../life/protocol.ts";
import { allAttacks, besiege } from "./besiege.ts";

for (const [name, attack] of await allAttacks()) {
  const isChosen = CLIENT_VERSION === "2" ? attack.isBreak : attack.isQuick;
  if (isChosen) besiege(name, attack, 3);
}
