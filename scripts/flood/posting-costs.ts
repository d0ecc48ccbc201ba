import type { TransactionResponse } from "ethers";
import { network } from "hardhat";
import { BLOB_SIZE } from "../../src/batch/index.ts";
import { bytesToHex } from "../../src/primitives/index.ts";
import { blobSender, sendBlobTransaction } from "../../test/contracts/l1/blob-transaction.ts";
import { DAY, deployRollupOn } from "../../test/contracts/l1/rollup-fixture.ts";
import type { PostingCost } from "./l1-block.ts";

/** What the cheapest ways to post cost on the contracts. */
export interface PostingCosts {
  /** Of a batch in blobs: the operator is a contract, which posts those of its transaction again and again. */
  readonly repeatedBatches: (blobs: number) => PostingCost;
  /** Of such a batch of one blob that reads one message more than the one before. */
  readonly readingBatches: PostingCost;
  /** Of an empty batch by `forceInclude` that reads one message more than the one before. */
  readonly forcedBatches: PostingCost;
  /** Of a deposit by a contract. */
  readonly deposits: PostingCost;
  /** Of a message of a contract with as much data as there may be. */
  readonly longMessages: PostingCost;
  /** Of a message that finds the bucket of deposits' gas empty; units are its L2 gas. */
  readonly burnedGas: PostingCost;
}

export const LONGEST_DATA = 65_536;
const TRANSACTION_GAS = 2n ** 24n;

/** Measures them with real transactions on a network of its own with Osaka rules. */
export async function measurePostingCosts(): Promise<PostingCosts> {
  const single = await measureRepeatedBatches(1);
  const several = await measureRepeatedBatches(4);
  const { deposits, longMessages, readingBatches, forcedBatches } = await measureMessages();
  const perBlob = (key: keyof PostingCost, blobs: number) =>
    single[key] + ((blobs - 1) * (several[key] - single[key])) / 3;
  return {
    repeatedBatches: (blobs) => ({
      perTransaction: perBlob("perTransaction", blobs),
      perUnit: perBlob("perUnit", blobs),
    }),
    readingBatches,
    forcedBatches,
    deposits,
    longMessages,
    burnedGas: await measureBurnedGas(),
  };
}

/** A rollup whose operator is a contract that makes calls in a loop. */
async function deployWithLoop() {
  const connection = await network.create();
  const { ethers, networkHelpers } = connection;
  const loop = await ethers.deployContract("CallLoop");
  const address = await loop.getAddress();
  const fixture = await deployRollupOn(connection, { operator: address });
  await networkHelpers.setBalance(blobSender.address, 10n ** 21n);
  const inbox = await fixture.inbox.getAddress();
  const sendBlobs = (data: string, blobs: number): Promise<number> =>
    sendBlobTransaction(connection, {
      to: address,
      data,
      blobs: Array.from({ length: blobs }, (_, index) => new Uint8Array(BLOB_SIZE).fill(index + 1)),
    }).then(({ gasUsed }) => Number(gasUsed));
  return { ...fixture, loop, inboxAddress: inbox, sendBlobs };
}

async function measureRepeatedBatches(blobs: number): Promise<PostingCost> {
  const { inbox, loop, inboxAddress, sendBlobs } = await deployWithLoop();
  const post = inbox.interface.encodeFunctionData("postBlobBatch(uint256)", [0]);
  const repeat = (times: number) =>
    sendBlobs(loop.interface.encodeFunctionData("repeat", [inboxAddress, post, times]), blobs);
  // The first is followed by a context message.
  await repeat(1);
  return between(4, 24, repeat);
}

async function measureMessages() {
  const { inbox, loop, inboxAddress, sendBlobs, networkHelpers, openMessage, user } = await deployWithLoop();
  const repeat = (call: string) => (times: number) =>
    gasUsed(loop.repeat(inboxAddress, call, times, { gasLimit: TRANSACTION_GAS }));
  const depositEther = inbox.interface.encodeFunctionData("depositEther", [user.address]);
  const sendMessage = inbox.interface.encodeFunctionData("sendMessage", [
    user.address,
    0n,
    0n,
    bytesToHex(new Uint8Array(LONGEST_DATA)),
    user.address,
  ]);
  // A batch that is followed by a context message, so that those after it need no opening of a message.
  const post = inbox.interface.encodeFunctionData("postBlobBatch(uint256)", [0]);
  await sendBlobs(loop.interface.encodeFunctionData("repeat", [inboxAddress, post, 1]), 1);
  await repeat(depositEther)(1);
  const deposits = await between(4, 100, repeat(depositEther));
  const longMessages = await between(2, 16, repeat(sendMessage));

  const { selector } = inbox.interface.getFunction("postBlobBatch(uint256)");
  let read = 0;
  const readingBatches = await between(4, 24, (times) => {
    const first = read + 1;
    read += times;
    return sendBlobs(loop.interface.encodeFunctionData("countUp", [inboxAddress, selector, first, times]), 1);
  });

  await networkHelpers.time.increase(DAY);
  const forced = async (times: number): Promise<number> => {
    const calls: string[] = [];
    for (; calls.length < times; read++)
      calls.push(inbox.interface.encodeFunctionData("forceInclude", [read, await openMessage(read)]));
    return gasUsed(loop.each(inboxAddress, calls, { gasLimit: TRANSACTION_GAS }));
  };
  await forced(1);
  const forcedBatches = await between(4, 24, forced);
  return { deposits, longMessages, readingBatches, forcedBatches };
}

async function measureBurnedGas(): Promise<PostingCost> {
  // A bucket that one message empties and no second fills.
  const { inbox, user } = await deployRollupOn(await network.create(), {
    depositGasCapacity: TRANSACTION_GAS,
    depositGasPerSecond: 0n,
  });
  const ask = (gas: number) =>
    gasUsed(inbox.connect(user).sendMessage(user.address, 0n, gas, "0x", user.address, { gasLimit: TRANSACTION_GAS }));
  await ask(Number(TRANSACTION_GAS));
  return between(1_000_000, 16_000_000, ask);
}

/** The cost of a transaction and a unit, from the gas of two transactions of so many units. */
async function between(few: number, many: number, gasOf: (units: number) => Promise<number>): Promise<PostingCost> {
  const [little, much] = [await gasOf(few), await gasOf(many)];
  const perUnit = (much - little) / (many - few);
  return { perTransaction: little - few * perUnit, perUnit };
}

async function gasUsed(response: Promise<TransactionResponse>): Promise<number> {
  const receipt = await (await response).wait();
  if (receipt?.status !== 1) throw new Error("expected the transaction to be mined and to succeed");
  return Number(receipt.gasUsed);
}
