// What this thread has used of the processor, in ms: on a busy machine time passes without it.

export function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
