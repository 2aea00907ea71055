// Preloaded into a proxy by a test: its workers throw, with no one to catch it, at SIGWINCH.

import { BroadcastChannel, isMainThread } from "node:worker_threads";

const channel = new BroadcastChannel("workers of the test end");

if (isMainThread) process.on("SIGWINCH", () => channel.postMessage("now"));
else {
  channel.onmessage = () => {
    throw new Error("thrown by the test");
  };
}
channel.unref();
