// A disk that a test can fill.

import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A small disk of its own. Null: this user may not mount one. */
export function smallDisk(sizeMiB = 4): ({ readonly folder: string } & Disposable) | null {
  const folder = mkdtempSync(join(tmpdir(), "sluice-disk-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMiB}m`, "tmpfs", folder]);
  const remove = (): void => rmSync(folder, { recursive: true });
  if (status !== 0) {
    remove();
    return null;
  }
  return {
    folder,
    [Symbol.dispose]() {
      // what still looks at it may go on; it is gone for everybody else
      spawnSync("umount", ["-l", folder]);
      remove();
    },
  };
}

/** Not a byte is left. */
export function fill(file: string): void {
  const descriptor = openSync(file, "a");
  for (let bytes = 1 << 20; bytes >= 1; ) {
    try {
      writeSync(descriptor, Buffer.alloc(bytes));
    } catch {
      bytes >>= 1;
    }
  }
  closeSync(descriptor);
}
