import { Phase, canonicalStateHash } from "../machine/index.ts";
import { bytesToHex } from "../primitives/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import { encodeHeader, genesisBlock } from "../rollup/index.ts";
import type { BlockHeader, Genesis } from "../rollup/index.ts";
import { PREDEPLOYS, codeHash } from "./check-genesis.ts";
import { L1_BRIDGE_CONTRACTS, L1_CONTRACTS, VERIFIERS } from "./l1-contracts.ts";
import { genesisStateHash } from "./parameters.ts";

/** A contract's code: keccak256 of its runtime code with zeros wherever an immutable stands. */
export interface CodeDescription {
  readonly name: string;
  readonly layer: "L1" | "prover" | "L2";
  /** Of predeploys. */
  readonly address?: Address;
  /** Bytes. */
  readonly size: number;
  readonly codeHash: Hash;
}

/** What a chain begins with, and the code that says what follows from it. */
export interface GenesisDescription {
  /** H(Machine) before the first batch (docs/machine.md §16). */
  readonly machineStateHash: Hash;
  /** Hash of the state before the first batch (specification §6), which the contracts on L1 hold. */
  readonly stateHash: Hash;
  readonly genesisHash: Hash;
  readonly header: BlockHeader;
  /** RLP of the header, whose keccak256 is the hash of the block. */
  readonly encodedHeader: Hex;
  readonly contracts: readonly CodeDescription[];
}

/**
 * Describes a genesis, and all contracts of this build. The same on each run and machine: it depends on the genesis, and the
 * code of the contracts on their sources, the compiler and its settings. Throws a RangeError for a genesis no chain can begin
 * with.
 */
export function describeGenesis(genesis: Genesis): GenesisDescription {
  const { hash, header } = genesisBlock(genesis);
  const stateHash = genesisStateHash(hash);
  const { prover, ...contracts } = L1_CONTRACTS;
  return {
    machineStateHash: canonicalStateHash(Phase.LoadBatch, stateHash),
    stateHash,
    genesisHash: hash,
    header,
    encodedHeader: bytesToHex(encodeHeader(header)),
    contracts: [
      ...[...Object.values(contracts), ...Object.values(L1_BRIDGE_CONTRACTS)].map(({ name, runtimeCode }) =>
        describeCode(name, "L1", runtimeCode),
      ),
      ...[prover, ...VERIFIERS].map(({ name, runtimeCode }) => describeCode(name, "prover", runtimeCode)),
      ...PREDEPLOYS.map(([name, address]) => ({
        ...describeCode(name, "L2", genesis.alloc[address]?.code ?? "0x"),
        address,
      })),
    ],
  };
}

function describeCode(name: string, layer: CodeDescription["layer"], code: Hex): CodeDescription {
  return { name, layer, size: (code.length - 2) / 2, codeHash: codeHash(code) };
}
