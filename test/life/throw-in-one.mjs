// Preloaded into a proxy by a test: its first worker throws, with no one to catch it, at SIGWINCH.

import { BroadcastChannel, isMainThread, workerData } from "node:worker_threads";

const channel = new BroadcastChannel("one worker of the test ends");

if (isMainThread) process.on("SIGWINCH", () => channel.postMessage("now"));
else if (workerData?.index === 1) {
  channel.onmessage = () => {
    throw new Error("thrown by the test");
  };
}
channel.unref();
