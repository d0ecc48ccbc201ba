import type { SenderRecovery } from "../ethereum/index.ts";
import type { MetricsOf } from "../metrics/index.ts";
import type { Logger } from "../primitives/index.ts";
import type { OpenContent } from "./payload-contents.ts";
import type { Chain } from "./types.ts";

/** What every step of following L1 works with. */
export interface Following {
  readonly chain: Chain;
  /** The content of a batch's payload. */
  readonly openContent: OpenContent;
  readonly recovery: Pick<SenderRecovery, "recover">;
  /** Whether the follower is to end: what is begun is given up at the next opportunity. */
  readonly isStopped: () => boolean;
  readonly logger: Logger;
  readonly counters: MetricsOf<"follower">;
}
