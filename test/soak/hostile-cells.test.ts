// Every hostile script in the cell lane.

import { allAttacks, besiege } from "../hostile/besiege.ts";

for (const [name, attack] of await allAttacks()) besiege(name, attack);
