// Preloaded into a proxy by a test: its first worker is gone at SIGWINCH, without a word.

import { BroadcastChannel, isMainThread, workerData } from "node:worker_threads";

const channel = new BroadcastChannel("one worker of the test leaves");

if (isMainThread) process.on("SIGWINCH", () => channel.postMessage("now"));
else if (workerData?.index === 1) channel.onmessage = () => process.exit(1);
channel.unref();
