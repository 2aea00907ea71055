// Ending a process of the test that may have ended by itself.

export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it may be gone already
  }
}
