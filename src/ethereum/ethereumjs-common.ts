import { Hardfork, Mainnet, createCustomCommon } from "@ethereumjs/common";
import type { Common } from "@ethereumjs/common";
import { paramsTx } from "@ethereumjs/tx";
import { keccak256Bytes } from "../primitives/index.ts";
import { recoverPublicKey } from "./secp256k1.ts";

/** Osaka rules for a chain id, with the fast Keccak and the native curve plugged in. */
export function createOsakaCommon(chainId: number): Common {
  return createCustomCommon({ chainId, name: "onestep" }, Mainnet, {
    hardfork: Hardfork.Osaka,
    customCrypto: {
      keccak256: keccak256Bytes,
      ecrecover: (messageHash, v, r, s) => recoverPublicKey(messageHash, r, s, Number(v) - 27),
    },
  });
}

const transactionCommons = new Map<number, Common>();

/**
 * The Common all decoded transactions of a chain share. ethereumjs copies the Common it is given into every transaction,
 * which doubles the time of decoding one; this one is never changed after this function, so its "copy" is itself.
 */
export function transactionCommon(chainId: number): Common {
  const known = transactionCommons.get(chainId);
  if (known !== undefined) return known;
  const common = createOsakaCommon(chainId);
  common.updateParams(paramsTx);
  common.copy = () => common;
  transactionCommons.set(chainId, common);
  return common;
}
