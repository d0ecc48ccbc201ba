import { Hardfork, Mainnet, createCustomCommon } from "@ethereumjs/common";
import type { Common } from "@ethereumjs/common";
import type { KZG as EthereumJsKzg } from "@ethereumjs/util";
import { hexToBytes, keccak256Bytes, loadKzg } from "../primitives/index.ts";
import type { Kzg } from "../primitives/index.ts";

/** Osaka rules for a chain id, with all of ethereumjs's own cryptography but Keccak, which would be most of its time. */
export function createOsakaCommon(chainId: number): Common {
  return createCustomCommon({ chainId, name: "onestep" }, Mainnet, {
    hardfork: Hardfork.Osaka,
    customCrypto: { keccak256: keccak256Bytes },
  });
}

/**
 * The same with what the point evaluation precompile asks for, which ethereumjs has not got: a KZG library. It unpacks the
 * trusted setup when it is first used (1.6 s).
 */
export async function createExecutingCommon(chainId: number): Promise<Common> {
  const common = createOsakaCommon(chainId);
  common.customCrypto.kzg = kzgForEthereumJs(await loadKzg());
  return common;
}

/** What the EVM of ethereumjs wants as `customCrypto.kzg`, for the point evaluation precompile. */
export function kzgForEthereumJs(kzg: Kzg): EthereumJsKzg {
  const forPrecompile: Pick<EthereumJsKzg, "verifyProof"> = {
    verifyProof: (commitment, z, y, proof) =>
      kzg.verifyProof(hexToBytes(commitment), hexToBytes(z), hexToBytes(y), hexToBytes(proof)),
  };
  // The rest of that interface makes and checks blob transactions, which the EVM never does.
  return forPrecompile as EthereumJsKzg;
}
