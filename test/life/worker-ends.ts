// Preloaded into a proxy by a test: its workers end at SIGWINCH.

import { BroadcastChannel, isMainThread } from "node:worker_threads";

const channel = new BroadcastChannel("workers of the test end");
channel.unref();

if (isMainThread) process.on("SIGWINCH", () => channel.postMessage("now"));
else channel.onmessage = () => process.exit(1);
