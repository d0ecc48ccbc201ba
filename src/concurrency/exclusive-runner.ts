/** Runs tasks one at a time, in the order they were asked for. */
export type ExclusiveRunner = <T>(task: () => Promise<T>) => Promise<T>;

export function createExclusiveRunner(): ExclusiveRunner {
  let queue: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = queue.then(task);
    queue = result.catch(() => undefined);
    return result;
  };
}
