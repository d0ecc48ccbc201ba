import type { Address } from "../../../primitives/index.ts";
import type { ReadingMethod, ReadingNode } from "../../node.ts";
import { defineReadingMethod } from "../../node.ts";
import { address, hash } from "../../parameters/scalars.ts";
import { traceCalls, traceCallsAt, walkEffective, walkFrames } from "./call-frames.ts";
import type { CallFrame } from "./call-frames.ts";
import { firstBlock } from "./first-block.ts";

const TRANSFER = 0;
const SELF_DESTRUCT = 1;
const CREATE = 2;
const CREATE2 = 3;

/** Methods of Otterscan that run transactions again. */
export const otsTraceMethods: readonly ReadingMethod[] = [
  defineReadingMethod("ots_getInternalOperations", [hash], async ([wanted], node, { signal }) =>
    [...walkEffective(await traceCalls(node, wanted, signal))].flatMap(({ frame, depth }) => {
      const type = depth === 0 ? undefined : operationOf(frame);
      return type === undefined ? [] : [{ type, from: frame.from, to: frame.to ?? null, value: frame.value ?? "0x0" }];
    }),
  ),

  /** What the outermost call returned when it failed; `0x` for one that did not. */
  defineReadingMethod("ots_getTransactionError", [hash], async ([wanted], node, { signal }) => {
    const { error, output = "0x" } = await traceCalls(node, wanted, signal);
    return error === undefined ? "0x" : output;
  }),

  defineReadingMethod("ots_traceTransaction", [hash], async ([wanted], node, { signal }) =>
    [...walkFrames(await traceCalls(node, wanted, signal))].map(({ frame, depth }) => ({
      type: frame.type,
      depth,
      from: frame.from,
      to: frame.to ?? null,
      value: frame.value ?? null,
      input: frame.input,
      output: frame.output ?? "0x",
    })),
  ),

  /** The transaction that created a contract; null for what is no contract, or is there since genesis. */
  defineReadingMethod("ots_getContractCreator", [address], async ([contract], node, { signal }) => {
    const { store } = node.chain;
    const { latest } = store.getHeads();
    if (!(await hasCodeAt(node, contract, latest))) return null;
    const number = await firstBlock(latest, (block) => hasCodeAt(node, contract, block));
    const block = number === 0 ? undefined : store.getBlock(number);
    for (const [index, transaction] of (block?.transactions ?? []).entries()) {
      if (block === undefined) break;
      for (const { frame } of walkEffective(await traceCallsAt(node, block, index, signal))) {
        if (frame.type.startsWith("CREATE") && frame.to === contract)
          return { hash: transaction.hash, creator: frame.from };
      }
    }
    return null;
  }),
];

function operationOf({ type, value = "0x0" }: CallFrame): number | undefined {
  switch (type) {
    case "CREATE":
      return CREATE;
    case "CREATE2":
      return CREATE2;
    case "SELFDESTRUCT":
      return SELF_DESTRUCT;
    case "CALL":
      return BigInt(value) > 0n ? TRANSFER : undefined;
    default:
      return undefined;
  }
}

async function hasCodeAt({ chain }: ReadingNode, account: Address, block: number): Promise<boolean> {
  const header = chain.store.getSummary(block)?.header;
  return header !== undefined && (await chain.engine.getCode(header.stateRoot, account)).length > 0;
}
