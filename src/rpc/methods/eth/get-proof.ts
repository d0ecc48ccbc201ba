import { viewState } from "../../chain-view.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { address, list, slot } from "../../parameters/scalars.ts";

const MAXIMUM_SLOTS = 1_024;

/** EIP-1186. Keys come back as 32 bytes, however they were given. */
export const getProof = defineReadingMethod(
  "eth_getProof",
  [address, list(slot, MAXIMUM_SLOTS), blockParameter],
  async ([account, slots, block], { chain }) => {
    const { header } = await viewState(chain, block);
    const proof = await chain.engine.getProof(header.stateRoot, account, slots);
    return {
      address: account,
      balance: formatQuantity(proof.account.balance),
      nonce: formatQuantity(proof.account.nonce),
      codeHash: proof.account.codeHash,
      storageHash: proof.account.storageRoot,
      accountProof: proof.accountProof,
      storageProof: proof.storageProof.map(({ key, value, proof: nodes }) => ({
        key,
        value: formatQuantity(value),
        proof: nodes,
      })),
    };
  },
);
