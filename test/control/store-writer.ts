// A process that writes to a store until it is killed, and says after each change that it was
// acknowledged. Used by store-kill.test.ts.
//
//   node store-writer.ts FILE FIRST

import { writeSync } from "node:fs";
import { openStore } from "../../src/control/store/open-store.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import { add, audit, deployment, KEY } from "./store-stand.ts";

const [path = "", first = "1"] = process.argv.slice(2);
const { store } = await openStore({ path, keys: SecretKeys.parse(KEY, "the test") });
for (let number = Number(first); ; number++) {
  const code = `// ${number}\n${"x".repeat(20_000)}`;
  await add(store, deployment({ code }));
  await store.putSecret("demo", { name: "number", value: String(number) }, audit("secret.put"));
  await store.saveCounters([{ tenant: "demo", name: "number", value: BigInt(number) }]);
  // at once: nothing of it may wait in this process when it is killed
  writeSync(1, `${number}\n`);
}
