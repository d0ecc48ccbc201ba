import { bytesToHex } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { challengeGameAbi, errorText, findRevert } from "../l1/index.ts";
import type { L1Client } from "../l1/index.ts";
import { encodeStepCall } from "../machine/index.ts";
import type { ProvenStep } from "../machine/index.ts";
import { toAddress } from "../primitives/index.ts";

/** Asks L1's prover before a proof is paid for. */
export interface ProverCheck {
  /**
   * What the prover makes of a step as of the latest block: the state after it, or why it reverts.
   * @param target batches at which the machine of the claim halts
   */
  resultOf(step: ProvenStep, target: number): Promise<Hash | string>;
}

export function createProverCheck(client: L1Client, challengeGame: Address): ProverCheck {
  let known: { readonly prover: Address; readonly inbox: Address } | undefined;
  const read = async (functionName: "PROVER" | "INBOX"): Promise<Address> =>
    toAddress(await client.readContract({ address: challengeGame, abi: challengeGameAbi, functionName }));

  return {
    async resultOf({ kind, before, witness }, target) {
      known ??= { prover: await read("PROVER"), inbox: await read("INBOX") };
      const { prover, inbox } = known;
      const data = bytesToHex(encodeStepCall(kind, before, witness, { inbox, target }));
      try {
        return await client.request({ method: "eth_call", params: [{ to: prover, data }, "latest"] });
      } catch (error) {
        if (findRevert(error, []) === undefined) throw error;
        return errorText(error);
      }
    },
  };
}
