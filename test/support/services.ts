// What an exchange of a test gets that fetches nothing.

import { NOBODY } from "../../src/downstream/nobody.ts";
import type { Transport } from "../../src/upstream/transport.ts";

const refuse = (): never => {
  throw new Error("nothing is fetched here");
};

const transport: Transport = { borrow: refuse, open: refuse };

export const NO_SERVICES = { transport, reach: NOBODY };
