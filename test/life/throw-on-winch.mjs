// Preloaded into a proxy by a test: its main thread throws, with no one to catch it, at SIGWINCH; by
// its clock it does so at THROWN_AT_MS, if that is given.

const { THROWN_AT_MS } = process.env;

process.on("SIGWINCH", () => {
  if (THROWN_AT_MS !== undefined) performance.now = () => Number(THROWN_AT_MS);
  setImmediate(() => {
    throw new Error("thrown by the test");
  });
});
