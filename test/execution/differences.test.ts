import { expect } from "chai";
import { bigintToBytes32, bytesToHex } from "../../src/primitives/index.ts";
import type { Hash, Hex } from "../../src/primitives/index.ts";
import { ENGINE_NAMES, createExecutionEngine } from "../../src/reference/index.ts";
import type { Block } from "../../src/rollup/index.ts";
import { CHAIN_ID, ETHER, GWEI, account, createTestChain, hash, instruments, sign, wallet } from "./harness.ts";
import type { TestChain } from "./harness.ts";

const alice = wallet(1);
const WITNESS = account(70);
const FEE_VAULT = 0x4f6e650000000000000000000000000000000003n;

/** The opcodes below, in the order of the slots that the contract stores them in. */
const STORED = ["COINBASE", "PREVRANDAO", "GASLIMIT", "CHAINID", "BASEFEE", "BLOBHASH", "BLOBBASEFEE"] as const;
const CODE: Hex = `0x${["41", "44", "45", "46", "48", "600049", "4a"]
  .map((value, slot) => `${value}60${slot.toString(16).padStart(2, "0")}55`)
  .join("")}00`;

/** docs/differences.md, "What a contract sees". */
describe("what a contract sees of a block, unlike on Ethereum mainnet", () => {
  let chain: TestChain;
  let parent: Block;

  beforeEach(async () => {
    chain = await createTestChain({ balances: { [alice.address]: ETHER }, code: { [WITNESS]: CODE } });
    parent = await chain.block(async (execution) => {
      await execution.executeMessage(chain.context({ parentHash: hash(77), baseFee: GWEI, blobBaseFee: 5n * GWEI }));
    });
  });

  for (const name of ENGINE_NAMES) {
    it(`is what the table of differences says, on the engine ${name}`, async () => {
      const { state } = chain;
      const engine = createExecutionEngine({ chainId: CHAIN_ID, state, engine: name }, instruments());
      const execution = await engine.openBlock(parent, { timestamp: parent.header.timestamp + 2 });
      const { baseFeePerGas } = execution.environment;
      const fields = { to: WITNESS, gasLimit: 1_000_000, maxFeePerGas: 100n * GWEI };
      const outcome = await execution.executeTransaction(sign(alice, fields));
      expect(outcome.kind === "included" && outcome.receipt.status).to.equal(1);
      const { header } = await execution.seal();

      const seen = new Map<string, Hash>();
      for (const [slot, opcode] of STORED.entries())
        seen.set(opcode, await engine.getStorageAt(header.stateRoot, WITNESS, hash(slot)));
      expect(Object.fromEntries(seen)).to.eql({
        COINBASE: word(FEE_VAULT),
        PREVRANDAO: hash(77),
        GASLIMIT: word(header.gasLimit),
        CHAINID: word(BigInt(CHAIN_ID)),
        BASEFEE: word(baseFeePerGas),
        BLOBHASH: word(0n),
        BLOBBASEFEE: word(1n),
      });
      expect(header.coinbase).to.equal(`0x${FEE_VAULT.toString(16)}`);
    });
  }
});

function word(value: bigint): Hash {
  return bytesToHex(bigintToBytes32(value));
}
