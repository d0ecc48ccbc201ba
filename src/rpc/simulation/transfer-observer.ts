import type { Log } from "../../ethereum/index.ts";
import { wordToAddress } from "../../execution/index.ts";
import type { ExecutionObserver, ObservedState } from "../../execution/index.ts";
import { bigintToBytes32 } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import { formatWord } from "../format/scalars.ts";

/** ERC-7528: what stands for ETH where a token is expected. */
const ETHER_ADDRESS: Address = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
/** keccak256("Transfer(address,address,uint256)"). */
const TRANSFER_TOPIC: Hash = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

const FIRST_LOG = 0xa0;
const LAST_LOG = 0xa4;
const SELFDESTRUCT = 0xff;
const OPCODES = new Set([FIRST_LOG, 0xa1, 0xa2, 0xa3, LAST_LOG, SELFDESTRUCT]);

/** A log of the transaction, or ETH that moved. The address a creation makes is known when it ends. */
type Entry = "log" | { readonly from: Address; to: Address | undefined; readonly value: bigint };

/**
 * Sees ETH move by transactions, calls, creations and SELFDESTRUCT, and tells it as logs of ERC-20 transfers among the
 * other logs, each at its time; fees are none of it.
 */
export function createTransferObserver(): {
  readonly observer: ExecutionObserver;
  /** The logs of the transaction, if it succeeded, with the transfers among them. */
  readonly withTransfers: (logs: readonly Log[]) => Log[];
} {
  const entries: Entry[] = [];
  const open: { readonly start: number; readonly transfer: Exclude<Entry, "log"> | undefined }[] = [];
  let state: ObservedState | undefined;
  return {
    observer: {
      opcodes: OPCODES,
      onTransactionStart(transaction) {
        ({ state } = transaction);
      },
      onCallStart({ kind, from, to, value }) {
        const start = entries.length;
        const moves = value > 0n && kind !== "DELEGATECALL" && kind !== "CALLCODE";
        const transfer = moves ? { from, to, value } : undefined;
        if (transfer !== undefined) entries.push(transfer);
        open.push({ start, transfer });
      },
      onStep({ opcode, address, stack }) {
        if (opcode !== SELFDESTRUCT) {
          entries.push("log");
          return;
        }
        const beneficiary = stack.at(-1);
        const value = state?.getAccount(address)?.balance ?? 0n;
        if (beneficiary !== undefined && value > 0n)
          entries.push({ from: address, to: wordToAddress(beneficiary), value });
      },
      onCallEnd({ error, createdAddress }) {
        const frame = open.pop();
        if (frame === undefined) return;
        // Nothing of a call that fails has happened, nor of the calls below it.
        if (error !== undefined) entries.length = frame.start;
        else if (frame.transfer !== undefined) frame.transfer.to ??= createdAddress;
      },
    },
    withTransfers(logs) {
      const rest = [...logs];
      return entries.flatMap((entry): Log[] => {
        if (entry === "log") return rest.splice(0, 1);
        const { from, to = ETHER_ADDRESS, value } = entry;
        return [
          {
            address: ETHER_ADDRESS,
            topics: [TRANSFER_TOPIC, formatWord(BigInt(from)), formatWord(BigInt(to))],
            data: bigintToBytes32(value),
          },
        ];
      });
    },
  };
}
