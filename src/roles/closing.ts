import type { Logger } from "../primitives/index.ts";

/** What has been started, to be stopped in reverse order. */
export interface Closers {
  /** What is added after everything was stopped, by a start that went on meanwhile, is stopped at once. */
  add(name: string, close: () => Promise<void> | void): void;
  /** Stops everything; an error of one does not keep the others from being stopped. Throws the first. */
  closeAll(): Promise<void>;
}

export function createClosers({ logger }: { readonly logger: Logger }): Closers {
  const closers: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  let isClosed = false;
  const closeAll = async (): Promise<void> => {
    isClosed = true;
    const errors: unknown[] = [];
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        logger.error({ err: error, part: closer.name }, "a part did not stop in order");
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  };
  return {
    add(name, close) {
      closers.push({ name, close });
      if (isClosed) closeAll().catch(() => undefined);
    },
    closeAll,
  };
}
