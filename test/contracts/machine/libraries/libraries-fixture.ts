/// <reference path="../../../../types/ethers-contracts/hardhat.d.ts" />
import { network } from "hardhat";
import { expect } from "chai";
import { concatBytes, keccak256 } from "../../../../src/primitives/index.ts";
import type { Hash } from "../../../../src/primitives/index.ts";
import type { MachineLibraries, MachineTries } from "../../../../types/ethers-contracts/index.ts";

export async function deployLibraries(): Promise<{ libraries: MachineLibraries; tries: MachineTries }> {
  const { ethers } = await network.create();
  return {
    libraries: await ethers.deployContract("MachineLibraries"),
    tries: await ethers.deployContract("MachineTries"),
  };
}

/** A Region as Solidity takes it. */
export interface Region {
  readonly words: Uint8Array;
  readonly siblings: readonly Hash[];
}

/** An OverlayOpening as Solidity takes it. */
export interface OverlayOpening {
  readonly siblings: readonly Hash[];
  readonly value: string;
  readonly otherKey: Hash;
  readonly otherValue: Hash;
}

/** A witness with these parts and nothing else. */
export function witnessOf(parts: { readonly regions?: Region[]; readonly overlay?: OverlayOpening[] }) {
  return {
    machine: "0x",
    frame: "0x",
    frameContext: "0x",
    parentFrame: "0x",
    transaction: "0x",
    blockContext: "0x",
    pending: "0x",
    savedJournal: "0x",
    bloom: "0x",
    blockBloom: "0x",
    sponge: "0x",
    code: "0x",
    stack: [],
    regions: (parts.regions ?? []).map(({ words, siblings }) => ({ words, siblings: [...siblings] })),
    overlay: (parts.overlay ?? []).map((opening) => ({ ...opening, siblings: [...opening.siblings] })),
    tries: [],
    appends: [],
    preimages: [],
  };
}

export const nodeOf = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  Buffer.from(keccak256(concatBytes([left, right])).slice(2), "hex");

/** Fails unless the call reverts with one of the contract's own errors, and with one of `names` if there are any. */
export async function expectRevert(call: Promise<unknown>, ...names: string[]): Promise<void> {
  let name: string | undefined;
  try {
    await call;
  } catch (error) {
    const { revert } = error as { revert?: { name?: string } };
    name = revert?.name ?? /custom error '(\w+)\(/.exec((error as Error).message)?.[1];
    if (name === undefined) throw error;
  }
  expect(name, "the call did not revert").to.not.equal(undefined);
  if (names.length > 0) expect(name).to.be.oneOf(names);
}
