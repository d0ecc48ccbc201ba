/** Seconds of CPU time, which other processes on the machine do not count into. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** What a task gives, and the CPU seconds it took. */
export async function timed<T>(task: () => T | Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const begin = cpuSeconds();
  const result = await task();
  return { result, seconds: cpuSeconds() - begin };
}
