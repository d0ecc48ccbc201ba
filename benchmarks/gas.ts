import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { network } from "hardhat";
import { format } from "prettier";
import { BLOB_SIZE } from "../src/batch/index.ts";
import { VERIFIERS, proverCreationCode } from "../src/deployment/index.ts";
import { bytesToHex, keccak256, rootFromProof, toAddress } from "../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../src/primitives/index.ts";
import { withdrawalHash } from "../src/rollup/index.ts";
import { blobSender, sendBlobTransaction } from "../test/contracts/l1/blob-transaction.ts";
import {
  DAY,
  GENESIS_CLAIM,
  HOUR,
  claimBody,
  claimIdOf,
  deployRollupFixture,
  etherWithdrawal,
  withdrawalArgument,
} from "../test/contracts/l1/rollup-fixture.ts";
import { compareBridges, measureBridges } from "./gas/bridges.ts";
import type { Comparison } from "./gas/bridges.ts";
import { gasOf } from "./gas/measurement.ts";
import type { Measurement } from "./gas/measurement.ts";

const measurements: Measurement[] = [];

function record(operation: string, gas: bigint | number, target?: number): void {
  measurements.push({ operation, gas: Number(gas), ...(target === undefined ? {} : { target }) });
}

/** Bytes without zeros, so that growth is that of the dearest payload. */
function denseBytes(length: number): string {
  return bytesToHex(new Uint8Array(length).fill(0xd5));
}

let hashes = 0;

/** Hashes as random as any, but the same in every run, so that the numbers are too. */
function nextHash(): Hash {
  return keccak256(Uint8Array.of(hashes >> 8, hashes++));
}

function freshAddress(): Address {
  return toAddress(nextHash().slice(0, 42));
}

async function measureDeployment(): Promise<void> {
  const { rollup } = await deployRollupFixture();
  const receipt = await rollup.deploymentTransaction()?.wait();
  record("deploy the rollup (all its contracts), of which the prover is one on L1 already", receipt?.gasUsed ?? 0n);
  const { ethers } = await network.create();
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) throw new Error("expected an account");
  let gas = 0n;
  const verifiers: Address[] = [];
  const create = async (data: Hex): Promise<Address> => {
    const created = await (await deployer.sendTransaction({ data })).wait();
    gas += created?.gasUsed ?? 0n;
    return toAddress(created?.contractAddress ?? "");
  };
  for (const { creationCode } of VERIFIERS) verifiers.push(await create(creationCode));
  await create(proverCreationCode(verifiers));
  record(`deploy the one-step prover, in ${VERIFIERS.length + 1} transactions`, gas);
}

async function measureMessages(): Promise<void> {
  const { inbox, user, account } = await deployRollupFixture();
  const asUser = inbox.connect(user);
  const value = 10n ** 18n;
  const to = user.address;
  record(
    "deposit ETH, by sending it",
    await gasOf(user.sendTransaction({ to: await inbox.getAddress(), value })),
    55_000,
  );
  record("deposit ETH, `depositEther`", await gasOf(asUser.depositEther(to, { value })), 55_000);
  const call = inbox.interface.encodeFunctionData("depositEther", [to]);
  record("deposit ETH, from a contract", await gasOf(account.run(await inbox.getAddress(), call, { value })));
  const send = async (length: number) =>
    gasOf(asUser.sendMessage(to, 10n ** 17n, 100_000, denseBytes(length), to, { value }));
  const [short, long, longer] = [await send(0), await send(10_000), await send(20_000)];
  record("send a message, no data", short);
  record("send a message, 10,000 bytes", long);
  record("send a message, each further non-zero byte", (Number(longer) - Number(long)) / 10_000);

  // A bucket that one message empties and no second fills.
  const empty = await deployRollupFixture({ depositGasCapacity: 2n ** 24n, depositGasPerSecond: 0n });
  const ask = async (gas: bigint) =>
    gasOf(empty.inbox.connect(empty.user).sendMessage(to, 0n, gas, "0x", to, { gasLimit: 2n ** 24n }));
  await ask(2n ** 24n);
  const [little, much] = [await ask(1_000_000n), await ask(11_000_000n)];
  record("send a message, no data, 1,000,000 L2 gas of an empty bucket", little);
  record("send a message, each further L2 gas of an empty bucket", (Number(much) - Number(little)) / 10_000_000);
}

async function measureBatches(): Promise<void> {
  const { inbox, operator, user, networkHelpers, openMessage, provider, ethers } = await deployRollupFixture();
  const asOperator = inbox.connect(operator);
  const post = async (messagesUpTo: bigint, length = 0) =>
    gasOf(asOperator["postBatch(uint256,bytes)"](messagesUpTo, denseBytes(length)));
  const blobCall = async () =>
    inbox.interface.encodeFunctionData("postBlobBatch(uint256)", [await inbox.messageCount()]);
  const blobs = (count: number) => Array.from({ length: count }, () => new Uint8Array(BLOB_SIZE).fill(1));

  await post(0n);
  await asOperator["postBatch(uint256,bytes)"](await inbox.messageCount(), "0x");
  record("post a batch as calldata, fixed part", await post(await inbox.messageCount()), 55_000);
  await networkHelpers.time.increase(HOUR);
  record("post a batch as calldata with a context message, fixed part", await post(await inbox.messageCount()), 80_000);
  await inbox.connect(user).depositEther(user.address, { value: 1n });
  record(
    "post a batch as calldata that leaves messages unread, fixed part",
    await post((await inbox.messageCount()) - 1n),
    55_000,
  );
  await inbox.connect(user).depositEther(user.address, { value: 1n });
  const first = (await inbox.messageCount()) - 1n;
  const opening = await openMessage(first);
  const postOpened = async () =>
    gasOf(asOperator["postBatch(uint256,bytes,(uint256,uint8,bytes32))"](first, "0x", opening));
  record(
    "post a batch as calldata with an opening that a recent context makes needless, fixed part",
    await postOpened(),
  );
  // After this one the last context comes after the first unread message, which must be opened.
  await networkHelpers.time.increase(HOUR);
  await postOpened();
  record("post a batch as calldata with an opening of the first unread message, fixed part", await postOpened());
  const all = await inbox.messageCount();
  await post(all);
  const [kilobyte, large, larger] = [await post(all, 1_000), await post(all, 10_000), await post(all, 20_000)];
  record("post a batch as calldata, 1,000 bytes", kilobyte);
  record("post a batch as calldata, 10,000 bytes", large);
  record("post a batch as calldata, each further non-zero byte", (Number(larger) - Number(large)) / 10_000);

  // The blobs' sender is not the operator, so it posts once the operator is silent.
  await networkHelpers.setBalance(blobSender.address, 10n ** 20n);
  const postBlobs = async (count: number) =>
    (
      await sendBlobTransaction(
        { provider, ethers },
        { to: await inbox.getAddress(), data: await blobCall(), blobs: blobs(count) },
      )
    ).gasUsed;
  await networkHelpers.time.increase(DAY + HOUR);
  record("post a batch in 1 blob with a context message", await postBlobs(1), 80_000);
  const [one, six] = [await postBlobs(1), await postBlobs(6)];
  record("post a batch in 1 blob", one, 55_000);
  record("post a batch in 6 blobs", six);
  record("post a batch, each further blob", (Number(six) - Number(one)) / 5);

  await inbox.connect(user).depositEther(user.address, { value: 1n });
  const unread = await inbox.messagesRead();
  await networkHelpers.time.increase(DAY);
  record(
    "force inclusion (with a context message)",
    await gasOf(inbox.connect(user).forceInclude(unread, await openMessage(unread))),
  );
  record("forward ETH to the Portal", await gasOf(inbox.connect(user).forwardEther()));
}

async function measureWithdrawals(): Promise<void> {
  const { inbox, portal, user, confirmOutboxRoot } = await deployRollupFixture();
  await inbox.connect(user).depositEther(user.address, { value: 10n ** 20n });
  let parentId: Hash = GENESIS_CLAIM;
  const execute = async (depth: number, index: number, target: string): Promise<bigint> => {
    const withdrawal = etherWithdrawal(target, { index });
    const proof = Array.from({ length: depth }, nextHash);
    const root = rootFromProof(withdrawalHash(withdrawal), index, 2 ** depth, proof);
    if (root === undefined) throw new Error("expected a root");
    const confirmed = await confirmOutboxRoot(root, parentId);
    parentId = confirmed.claimId;
    return gasOf(portal.connect(user).execute(withdrawalArgument(withdrawal), confirmed.opening, proof));
  };
  // One withdrawal in 256 writes a new word of the spent bitmap; one in many finds the Portal short of ETH.
  record(
    "withdraw to a fresh recipient, ETH still in the Inbox, new bitmap word",
    await execute(10, 0, freshAddress()),
  );
  for (const depth of [10, 20]) {
    const total = (2 ** depth).toLocaleString("en-US");
    const name = (recipient: string) => `withdraw to ${recipient} (of ${total} withdrawals)`;
    const index = 2 ** (depth - 1);
    record(`${name("a fresh recipient")}, new bitmap word`, await execute(depth, index, freshAddress()), 100_000);
    record(name("a fresh recipient"), await execute(depth, index + 1, freshAddress()), 100_000);
    record(name("an existing account"), await execute(depth, index + 2, toAddress(user.address)), 100_000);
  }
}

async function measureClaims(): Promise<void> {
  const { stateCommitmentChain, postBatch, propose, proposer, parameters, networkHelpers } =
    await deployRollupFixture();
  const asProposer = stateCommitmentChain.connect(proposer);
  const claims: ReturnType<typeof claimBody>[] = [];
  let tip: Hash = GENESIS_CLAIM;
  for (const bond of ["puts the bond up", "moves the bond on"]) {
    await postBatch();
    const count = Number((await stateCommitmentChain.claim(tip)).nextBatchCount);
    const state = { blockHash: nextHash(), outboxRoot: nextHash(), batchCount: count, messageCount: count };
    record(`propose a claim; the proposer ${bond}`, await gasOf(propose(proposer, tip, state)), 130_000);
    const body = claimBody(tip, state);
    claims.push(body);
    tip = claimIdOf(body);
  }
  await networkHelpers.time.increase(parameters.dispute.challengePeriod);
  const gas: bigint[] = [];
  for (const body of claims) gas.push(await gasOf(asProposer.confirm(body)));
  record(
    "confirm a claim",
    gas.reduce((most, one) => (one > most ? one : most)),
    60_000,
  );
  record("withdraw the bond of a claim", await gasOf(asProposer.withdrawBond(tip)));
}

function formatRow({ operation, gas, target }: Measurement): string {
  const verdict = target === undefined ? "" : gas <= target ? "pass" : "miss";
  return `| ${operation} | ${gas.toLocaleString("en-US")} | ${target?.toLocaleString("en-US") ?? ""} | ${verdict} |`;
}

await measureDeployment();
await measureMessages();
await measureBatches();
await measureWithdrawals();
await measureClaims();
measurements.push(...(await measureBridges()));
const comparisons = await compareBridges();

function formatComparison({ operation, onestep, optimism, arbitrum }: Comparison): string {
  const cells = [onestep, optimism, arbitrum].map((gas) => gas?.toLocaleString("en-US") ?? "");
  return `| ${operation} | ${cells.join(" | ")} |`;
}

const table = ["| operation | L1 gas | target | |", "| --- | ---: | ---: | --- |", ...measurements.map(formatRow)].join(
  "\n",
);
const page = `# L1 gas

Gas used by real transactions on a local network with Osaka rules, as their receipts say. Regenerate with
\`npm run bench:gas\`; the same numbers are in \`gas.json\`. Rows "each further …" are the growth with size: non-zero
calldata bytes are charged at the EIP-7623 floor, and blob gas comes on top of what is shown for blobs.

${table}

## Beside the peers

The same operation on the contracts that the peers have published (OP: \`@eth-optimism/contracts-bedrock\` 0.17.3, Arbitrum:
\`@arbitrum/nitro-contracts\` 1.1.1 and \`@arbitrum/token-bridge-contracts\` 1.2.5), on the same network in the same run. The call on
L2 gets 200,000 gas in each. It is not the first of its account or token. OP's contracts burn gas for the L2 gas, the more the lower L1's
base fee is.

| operation | Onestep | OP Stack | Arbitrum |
| --- | ---: | ---: | ---: |
${comparisons.map(formatComparison).join("\n")}
`;
await writeFile(fileURLToPath(new URL("gas.md", import.meta.url)), await format(page, { parser: "markdown" }));
await writeFile(
  fileURLToPath(new URL("gas.json", import.meta.url)),
  `${JSON.stringify({ measurements, comparisons }, null, 2)}\n`,
);
process.stdout.write(`${table}\n`);
