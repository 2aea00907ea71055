// `npm run dashboard`: makes the files of the dashboard that the package has, in dist/dashboard. A
// checkout does not need them: there a proxy makes them when somebody opens the page first.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildDashboard } from "../src/control/dashboard/build.ts";

export async function writeDashboard(root: string): Promise<void> {
  const folder = join(root, "dist", "dashboard");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of await buildDashboard(root)) {
    writeFileSync(join(folder, name), bytes);
    const size = `${bytes.length} bytes, ${gzipSync(bytes).length} with gzip`;
    process.stdout.write(`dist/dashboard/${name}: ${size}\n`);
  }
}

if (import.meta.main) await writeDashboard(fileURLToPath(new URL("../", import.meta.url)));
