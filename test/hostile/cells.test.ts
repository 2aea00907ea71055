// Hostile scripts in the cell lane, those that are quick to try. The long run tries all of them.

import { allAttacks, besiege } from "./besiege.ts";

for (const [name, attack] of await allAttacks()) if (attack.isQuick) besiege(name, attack, 3);
