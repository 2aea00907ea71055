// Preloaded into a proxy by a test: its successor is killed when it is about to say that it serves.

import { isMainThread } from "node:worker_threads";

if (isMainThread && process.env.SLUICE_SUCCEEDS !== undefined) {
  const send = process.send?.bind(process);
  process.send = (message, ...rest) => {
    if (message?.type === "ready") process.kill(process.pid, "SIGKILL");
    return send?.(message, ...rest) ?? false;
  };
}
