import { createStepLoop } from "../concurrency/index.ts";
import { createTroubleReporter, errorText, inboxAbi, isConnectionClosed, readNextTimestamp } from "../l1/index.ts";
import type { RunningNode } from "./running-node.ts";

/** Whether the operator has been silent for so long that anyone may post batches. L1 timestamps, in seconds. */
export type OperatorSilence =
  /** L1 has not been asked yet. */
  | { readonly kind: "unknown" }
  /** Others may post from `from` on, unless the operator posts before. */
  | { readonly kind: "too-short"; readonly from: number; readonly l1Timestamp: number }
  | { readonly kind: "long-enough"; readonly from: number };

/** What the Inbox says, at the time of the L1 block that a batch sent now may stand in. */
export function judgeSilence(from: number, l1Timestamp: number): OperatorSilence {
  return l1Timestamp < from ? { kind: "too-short", from, l1Timestamp } : { kind: "long-enough", from };
}

/** Why blocks are not built, in words; undefined if they are. */
export function whyNotSequencing(silence: OperatorSilence): string | undefined {
  switch (silence.kind) {
    case "unknown":
      return "it is not known yet whether the operator is silent";
    case "too-short":
      return `the operator alone may post for ${silence.from - silence.l1Timestamp} s more, until L1 time ${silence.from}`;
    case "long-enough":
      return undefined;
  }
}

/** Looks at L1 every `pollingInterval` seconds, as long as the node runs. What was seen last counts while L1 does not answer. */
export function watchOperatorSilence(node: RunningNode, pollingInterval: number): () => OperatorSilence {
  const { client, config, instruments } = node;
  const { logger } = instruments;
  const trouble = createTroubleReporter();
  let silence: OperatorSilence = { kind: "unknown" };
  const loop = createStepLoop({
    interval: pollingInterval,
    step: async () => {
      const [head, from] = await Promise.all([
        client.getBlock({ blockTag: "latest" }),
        client.readContract({ address: config.contracts.inbox, abi: inboxAbi, functionName: "selfSequencingFrom" }),
      ]);
      const seen = judgeSilence(Number(from), await readNextTimestamp(client, head));
      trouble.over();
      if (seen.kind !== silence.kind) {
        if (seen.kind === "long-enough") logger.info({ since: seen.from }, "the operator is silent: sequencing");
        else logger.info({ ...seen }, "the operator may still post: transactions are kept until it has been silent");
      }
      silence = seen;
      return false;
    },
    onError: (error) => {
      trouble.report(errorText(error), (again) => {
        logger.warn({ error: errorText(error), ...again }, "L1 does not tell how long the operator has been silent");
      });
    },
    endsLoop: isConnectionClosed,
  });
  loop.start();
  node.onClose("operator's silence", () => loop.stop());
  return () => silence;
}
