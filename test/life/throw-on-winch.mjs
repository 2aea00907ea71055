// Preloaded into a proxy by a test: its main thread throws, with no one to catch it, at SIGWINCH.

process.on("SIGWINCH", () => {
  setImmediate(() => {
    throw new Error("thrown by the test");
  });
});
