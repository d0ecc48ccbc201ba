import { artifacts } from "hardhat";
import type { AddressLike, ContractTransactionReceipt, ContractTransactionResponse, Signer } from "ethers";
import { bytesToHex, hexToBytes, toAddress } from "../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../src/primitives/index.ts";
import {
  L1_COUNTERPART_SLOT,
  L2_BRIDGES,
  OUTBOX_ADDRESS,
  WRAPPED_ETHER_ADDRESS,
  aliasAddress,
} from "../../../src/rollup/index.ts";
import type { Withdrawal } from "../../../src/rollup/index.ts";
import type { IL1Messenger, IL2Messenger, Outbox, WrappedEther } from "../../../types/ethers-contracts/index.ts";
import { GENESIS_CLAIM, deployRollupFixture, outboxOf, withdrawalArgument } from "../l1/rollup-fixture.ts";

/** A message between the layers, as `relayMessage` takes it. */
export interface CrossDomainMessage {
  readonly nonce: bigint;
  readonly sender: string;
  readonly target: string;
  readonly value: bigint;
  readonly minimumGas: bigint;
  readonly data: string;
}

/**
 * Code of an account that notes the gas it is called with and answers every function with its selector, as those do that take tokens:
 * GAS PUSH0 SSTORE, the first word of the calldata cut to four bytes, RETURN.
 */
export const GAS_PROBE_CODE: Hex = "0x5a5f555f3560e01c60e01b5f5260205ff3";
/** What its GAS costs before it counts. */
export const GAS_PROBE_COST = 2n;

/** Code that uses up whatever gas it is given: INVALID. */
export const GAS_BURNER_CODE: Hex = "0xfe";

/** More than any deposit's own gas costs at the prices of these tests. */
const GAS_MONEY = 10n ** 20n;

export type BridgesFixture = Awaited<ReturnType<typeof deployBridgesFixture>>;

/**
 * Both layers' messengers and bridges on one network: those of L1 beside a real Inbox and Portal, those of L2 at their addresses, with
 * nothing but slot 0 in their storage, as in genesis.
 */
export async function deployBridgesFixture() {
  // So much that no deposit burns gas: what that costs is not at issue here.
  const fixture = await deployRollupFixture({ depositGasCapacity: 10n ** 12n });
  const { ethers, networkHelpers, inbox, portal, provider, confirmOutboxRoot } = fixture;
  const deployed = await ethers.deployContract("L1Messenger", [inbox, portal]);
  const l1Messenger: IL1Messenger = await ethers.getContractAt("IL1Messenger", deployed);
  const messengerAddress = await l1Messenger.getAddress();

  async function predeploy(name: string, address: Address, counterpart?: string): Promise<void> {
    const { deployedBytecode } = await artifacts.readArtifact(name);
    await networkHelpers.setCode(address, deployedBytecode);
    if (counterpart !== undefined)
      await networkHelpers.setStorageAt(address, L1_COUNTERPART_SLOT, ethers.zeroPadValue(counterpart, 32));
  }

  const l1ERC20 = await ethers.deployContract("L1ERC20Bridge", [messengerAddress]);
  const l1ERC721 = await ethers.deployContract("L1ERC721Bridge", [messengerAddress]);
  const l1ERC1155 = await ethers.deployContract("L1ERC1155Bridge", [messengerAddress]);
  await predeploy("Outbox", OUTBOX_ADDRESS);
  await predeploy("WrappedEther", WRAPPED_ETHER_ADDRESS);
  await predeploy("L2Messenger", L2_BRIDGES.messenger, messengerAddress);
  await predeploy("L2ERC20Bridge", L2_BRIDGES.erc20Bridge, await l1ERC20.getAddress());
  await predeploy("L2ERC721Bridge", L2_BRIDGES.erc721Bridge, await l1ERC721.getAddress());
  await predeploy("L2ERC1155Bridge", L2_BRIDGES.erc1155Bridge, await l1ERC1155.getAddress());

  const l2Messenger: IL2Messenger = await ethers.getContractAt("IL2Messenger", L2_BRIDGES.messenger);
  const outbox: Outbox = await ethers.getContractAt("Outbox", OUTBOX_ADDRESS);
  const wrappedEther: WrappedEther = await ethers.getContractAt("WrappedEther", WRAPPED_ETHER_ADDRESS);
  const erc20 = {
    l1: await ethers.getContractAt("IERC20Bridge", l1ERC20),
    l2: await ethers.getContractAt("IERC20Bridge", L2_BRIDGES.erc20Bridge),
  };
  const erc721 = {
    l1: await ethers.getContractAt("IERC721Bridge", l1ERC721),
    l2: await ethers.getContractAt("IERC721Bridge", L2_BRIDGES.erc721Bridge),
  };
  const erc1155 = {
    l1: await ethers.getContractAt("IERC1155Bridge", l1ERC1155),
    l2: await ethers.getContractAt("IERC1155Bridge", L2_BRIDGES.erc1155Bridge),
  };

  const aliased = aliasAddress(toAddress(messengerAddress));
  const aliasedMessenger: Signer = await ethers.getImpersonatedSigner(aliased);

  /** The last deposit of the Inbox. */
  async function lastDeposit() {
    for (let index = (await inbox.messageCount()) - 1n; index >= 0n; index--) {
      const [deposit] = await inbox.queryFilter(inbox.filters.DepositEnqueued(index));
      if (deposit !== undefined) return deposit.args;
    }
    throw new Error("expected a deposit");
  }

  /**
   * Runs the L2 transaction of the last deposit, as derivation would: its sender has the mint, and nothing but the gas limit it paid
   * for. Gives its receipt, whether or not it reverted, and how the message stands after.
   */
  async function runDeposit(options: { readonly gasLimit?: bigint } = {}) {
    const deposit = await lastDeposit();
    const message = messageOf(deposit.data);
    await networkHelpers.setBalance(deposit.sender, deposit.value + GAS_MONEY);
    const sender = await ethers.getImpersonatedSigner(deposit.sender);
    const receipt = await mined(
      sender.sendTransaction({
        to: deposit.to,
        value: deposit.value,
        data: deposit.data,
        gasLimit: options.gasLimit ?? deposit.gasLimit,
      }) as Promise<ContractTransactionResponse>,
    );
    return { deposit, message, receipt, status: await l2Messenger.statusOf(hashOf(message)) };
  }

  /** The receipt of a transaction that may revert. */
  async function mined(sent: Promise<ContractTransactionResponse>): Promise<ContractTransactionReceipt | null> {
    try {
      return await (await sent).wait();
    } catch {
      return null;
    }
  }

  /** `keccak256(abi.encode(nonce, sender, target, value, minimumGas, keccak256(data)))`. */
  function hashOf(message: CrossDomainMessage): Hash {
    return ethers.keccak256(
      ethers.AbiCoder.defaultAbiCoder().encode(
        ["uint256", "address", "address", "uint256", "uint256", "bytes32"],
        [
          message.nonce,
          message.sender,
          message.target,
          message.value,
          message.minimumGas,
          ethers.keccak256(message.data),
        ],
      ),
    ) as Hash;
  }

  /** The message that the calldata of `relayMessage` carries. */
  function messageOf(data: string): CrossDomainMessage {
    const [tuple] = l2Messenger.interface.decodeFunctionData("relayMessage", data) as unknown as [
      [bigint, string, string, bigint, bigint, string],
    ];
    const [nonce, sender, target, value, minimumGas, inner] = tuple;
    return { nonce, sender, target, value, minimumGas, data: inner };
  }

  let lastClaim: Hash = GENESIS_CLAIM;
  /** Confirms a claim that holds all messages to L1 there are; gives what executes one of them. */
  async function confirmOutbox() {
    const events = await outbox.queryFilter(outbox.filters.MessageSent());
    const withdrawals: Withdrawal[] = events.map(({ args }) => ({
      index: Number(args.index),
      sender: toAddress(args.sender),
      target: toAddress(args.target),
      value: args.value,
      minimumGas: args.minimumGas,
      data: hexToBytes(args.data),
    }));
    const { root, proof } = outboxOf(withdrawals);
    const { opening, claimId } = await confirmOutboxRoot(root, lastClaim);
    lastClaim = claimId;
    const argumentsOf = (index: number) => [withdrawalArgument(withdrawals[index]!), opening, proof(index)] as const;
    return {
      withdrawals,
      /** Arguments of `Portal.execute`. */
      argumentsOf,
      execute: async (index: number = withdrawals.length - 1, overrides: { gasLimit?: bigint } = {}) =>
        portal.connect(fixture.stranger).execute(...argumentsOf(index), overrides),
    };
  }

  /** Confirms, and executes the last message to L1. */
  const executeLast = async () => (await confirmOutbox()).execute();

  /** Gas that Portal and messengers keep back of what a call is given. */
  const CALL_COST = 40_000n;

  /**
   * The least gas limit with which a transaction passes the check for a message's minimum gas, by what the check says it had with less,
   * `tooLittle`: what comes before it takes the same, however much there is.
   */
  async function leastGas(to: AddressLike, data: string, tooLittle: bigint, minimumGas: bigint): Promise<bigint> {
    const available = async (gas: bigint): Promise<bigint | null> => {
      const error = await revertOf({ to: await ethers.resolveAddress(to), data, gas: ethers.toQuantity(gas) });
      return error?.name === "InsufficientGas" ? (error.args[0] as bigint) : null;
    };
    let callable = minimumGas;
    while (callable - callable / 64n < minimumGas) callable += (minimumGas - (callable - callable / 64n) + 62n) / 63n;
    const had = await available(tooLittle);
    if (had === null) throw new Error(`expected ${tooLittle} gas to be too little`);
    const least = tooLittle + CALL_COST + callable - had;
    if ((await available(least - 1n)) === null || (await available(least)) !== null)
      throw new Error(`expected ${least} gas to be the least`);
    return least;
  }

  /** The error of the messengers or the Portal with which a call reverts; null if it does not, or with another. */
  async function revertOf(call: Record<string, string>) {
    try {
      await provider.request({ method: "eth_call", params: [{ from: fixture.stranger.address, ...call }, "latest"] });
      return null;
    } catch (error) {
      const { data } = error as { data?: unknown };
      return typeof data === "string" ? l2Messenger.interface.parseError(data) : null;
    }
  }

  /** Wei that pay for a message to L2 with much gas. */
  const FEE = 10n ** 16n;

  return {
    ...fixture,
    l1Messenger,
    l2Messenger,
    messengerAddress,
    aliased,
    aliasedMessenger,
    outbox,
    wrappedEther,
    erc20,
    erc721,
    erc1155,
    lastDeposit,
    runDeposit,
    mined,
    hashOf,
    messageOf,
    confirmOutbox,
    executeLast,
    leastGas,
    FEE,
  };
}

/** An address nobody has used. */
export function fresh(number: number): Address {
  return `0x${(0xf4e50000 + number).toString(16).padStart(40, "0")}`;
}

/** So many bytes of one kind. */
export function bytesOf(length: number, byte: number): Hex {
  return bytesToHex(new Uint8Array(length).fill(byte));
}

/** What `L2Messenger.statusOf` gives. */
export const RelayStatus = { None: 0n, Failed: 1n, Relayed: 2n } as const;
