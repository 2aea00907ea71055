// Ends the proxy of `npm start` or `npx sluice` when npm is gone. npm runs a package's script in a
// shell and passes a signal only to that shell, which dies of it; the proxy would go on. So it
// looks whether its parent still exists, and treats the end of the parent as the signal.

/** Soon enough for the person who waits for the prompt; the call costs a microsecond. */
const LOOK_MS = 200;

/** Until disposed of, or until a signal came that says it all. */
export function followNpm(): Disposable {
  // A successor's parent is the process that it takes over from, whose end is no signal.
  const isSuccessor = process.env.SLUICE_SUCCEEDS !== undefined;
  const isUnderNpm = process.env.npm_lifecycle_event !== undefined && !isSuccessor;
  if (!isUnderNpm || process.platform === "win32") return { [Symbol.dispose]: () => undefined };
  const parent = process.ppid;
  let isListening = false;
  const stop = (): void => clearInterval(timer);
  const timer = setInterval(() => {
    if (process.ppid !== parent) {
      stop();
      process.kill(process.pid, "SIGTERM");
    } else if (!isListening && process.listenerCount("SIGTERM") > 0) {
      // Ctrl-C reaches the whole group, so the shell dies too: that is not a second signal. Not
      // before the proxy itself listens: a listener alone would keep a signal from ending us.
      isListening = true;
      process.once("SIGTERM", stop).once("SIGINT", stop);
    }
  }, LOOK_MS);
  timer.unref();
  return { [Symbol.dispose]: stop };
}
