import type { Logger } from "pino";
import type { Registry } from "prom-client";

export type { Logger, Registry };

/** What every long-lived part is given beside its options. */
export interface Instruments {
  readonly logger: Logger;
  readonly metrics: Registry;
}
