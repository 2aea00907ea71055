// The module `sluice/test`, for tests of scripts: in a checkout from its source, in the package as it
// was built.

import { existsSync } from "node:fs";

const source = new URL("../src/cli/harness/load.ts", import.meta.url);
const built = new URL("../dist/cli/harness/load.js", import.meta.url);
const { fail, load } = await import((existsSync(source) ? source : built).href);

export { fail, load };
