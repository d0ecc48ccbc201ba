/** Lets any number of shared tasks, or one exclusive task, run at a time; in order of arrival. */
export interface ReadWriteLock {
  shared<T>(task: () => Promise<T>): Promise<T>;
  exclusive<T>(task: () => Promise<T>): Promise<T>;
}

export function createReadWriteLock(): ReadWriteLock {
  const ignore = (): void => undefined;
  let writer: Promise<void> = Promise.resolve();
  const readers = new Set<Promise<void>>();
  return {
    shared(task) {
      const run = writer.then(task);
      const settled = run.then(ignore, ignore);
      readers.add(settled);
      void settled.then(() => readers.delete(settled));
      return run;
    },
    exclusive(task) {
      const run = Promise.all([writer, ...readers]).then(task);
      writer = run.then(ignore, ignore);
      return run;
    },
  };
}
