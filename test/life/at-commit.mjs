// Preloaded into a proxy by a test: what the store commits next, once there is a file AT_COMMIT, is
// the moment at which the process gets the signal that the file names.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { isMainThread } from "node:worker_threads";

const { AT_COMMIT = "" } = process.env;
const { exec } = DatabaseSync.prototype;

if (isMainThread) {
  DatabaseSync.prototype.exec = function (sql) {
    exec.call(this, sql);
    if (sql !== "COMMIT" || !existsSync(AT_COMMIT)) return;
    const signal = readFileSync(AT_COMMIT, "utf8");
    rmSync(AT_COMMIT);
    process.kill(process.pid, signal);
  };
}
