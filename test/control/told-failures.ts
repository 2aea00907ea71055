// What PostgreSQL does not answer, told each time: for tests that look at what came.

import type { Failures } from "../../src/control/store/cluster/failures.ts";

export const failuresOf = (add: (thrown: unknown) => void): Pick<Failures, "of" | "add"> => ({
  add: (_, thrown) => add(thrown),
  of: (_, work) =>
    work.catch((thrown) => {
      add(thrown);
      throw thrown;
    }),
});
