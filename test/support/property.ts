// fast-check, with the same inputs in each run: a change is refused for what it breaks, and not for
// what an unlucky draw finds. The soak run draws anew (`npm run test:soak`), and says its seed.

import fc from "fast-check";

const SEED = Number(process.env.FUZZ_SEED ?? 1);

fc.configureGlobal({ seed: SEED });

export { fc };
