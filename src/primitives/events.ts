import { EventEmitter } from "node:events";
import type { Logger } from "./logger.ts";

/**
 * An emitter whose listeners cannot disturb each other, or who emits: each is called whatever the others did, and what one
 * throws (or rejects with, if it is asynchronous) is logged as the failure of a listener of `source`. Node's own emitter
 * throws it at the emitting side, and the listeners after it hear nothing. Any number of listeners may listen.
 */
export function createEvents<Events extends Record<keyof Events, unknown[]>>(
  source: string,
  { logger }: { readonly logger: Logger },
): EventEmitter<Events> {
  const events = new EventEmitter();
  events.setMaxListeners(0);
  events.emit = (event, ...values: unknown[]) => {
    const failed = (error: unknown): void =>
      logger.error({ err: error, source, event: String(event) }, "a listener failed");
    const listeners = events.rawListeners(event);
    for (const listener of listeners) {
      try {
        const returned: unknown = Reflect.apply(listener, events, values);
        if (returned instanceof Promise) returned.catch(failed);
      } catch (error) {
        failed(error);
      }
    }
    return listeners.length > 0;
  };
  return events as EventEmitter<Events>;
}
