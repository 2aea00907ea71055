// How much processor time this thread has used, in ms. On a busy machine time passes without it.

export function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
