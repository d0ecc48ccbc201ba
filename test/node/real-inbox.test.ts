import { expect } from "chai";
import { createWalletClient, custom, encodeFunctionData } from "viem";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { encodePayload, payloadToBlobs } from "../../src/batch/index.ts";
import { createSenderRecovery } from "../../src/ethereum/index.ts";
import { createInboxReader, inboxAbi } from "../../src/l1/index.ts";
import { createBlobSidecar, wrapBlobTransaction } from "../../src/l1/transactions/sidecar.ts";
import { createChain, createFollower } from "../../src/node/index.ts";
import { bytesToHex, hexToBytes, loadKzg } from "../../src/primitives/index.ts";
import { batchHash, hashMessage, messageBodyHash } from "../../src/rollup/index.ts";
import type { InboxMessage } from "../../src/rollup/index.ts";
import { HOUR, OPERATOR_KEY, OTHER_KEY, createRollupFixture } from "../batcher/rollup-fixture.ts";
import type { RollupFixture } from "../batcher/rollup-fixture.ts";
import { createTestEngine } from "../engine.ts";
import { openTestDatabase, silentInstruments, temporaryFolder } from "../storage/fixtures.ts";

const RECIPIENT: Hex = `0x${"70".repeat(20)}`;

describe("A node on an L1 with the Inbox contract", () => {
  let rollup: RollupFixture;

  before(async function () {
    this.timeout(120_000);
    rollup = await createRollupFixture({ contextInterval: 60 });
  });
  after(() => rollup.close());

  const send = (key: Hex, data: Hex, value = 0n) => {
    const { l1, config } = rollup;
    const wallet = createWalletClient({
      account: privateKeyToAccount(key),
      transport: custom({
        request: ({ method, params }: { method: string; params?: readonly unknown[] }) =>
          l1.rpc(method, ...(params ?? [])),
      }),
    });
    return wallet.sendTransaction({ chain: null, to: config.contracts.inbox, data, value, gas: 1_000_000n });
  };
  const postBatch = (key: Hex, messagesUpTo: number, payload: Uint8Array, firstUnread?: InboxMessage) => {
    const args = [BigInt(messagesUpTo), bytesToHex(payload)] as const;
    const opening =
      firstUnread &&
      ({
        enqueuedAt: BigInt(firstUnread.enqueuedAt),
        kind: firstUnread.kind === "deposit" ? 0 : 1,
        bodyHash: messageBodyHash(firstUnread),
      } as const);
    return send(
      key,
      opening === undefined
        ? encodeFunctionData({ abi: inboxAbi, functionName: "postBatch", args })
        : encodeFunctionData({ abi: inboxAbi, functionName: "postBatch", args: [...args, opening] }),
    );
  };
  const postBlobBatch = async (messagesUpTo: number, payload: Uint8Array) => {
    const { l1, config, blobArchive } = rollup;
    const blobs = payloadToBlobs(payload);
    const sidecar = await createBlobSidecar(await loadKzg(), blobs, 0);
    for (const blob of blobs) await blobArchive.put(blob);
    const account = privateKeyToAccount(OPERATOR_KEY);
    const signed = await account.signTransaction({
      type: "eip4844",
      chainId: config.l1ChainId,
      nonce: Number(await l1.rpc<string>("eth_getTransactionCount", account.address, "latest")),
      to: config.contracts.inbox,
      data: encodeFunctionData({ abi: inboxAbi, functionName: "postBlobBatch", args: [BigInt(messagesUpTo)] }),
      gas: 1_000_000n,
      maxFeePerGas: 10n ** 11n,
      maxPriorityFeePerGas: 1n,
      maxFeePerBlobGas: 10n ** 10n,
      blobVersionedHashes: [...sidecar.versionedHashes],
    });
    await l1.rpc("eth_sendRawTransaction", bytesToHex(wrapBlobTransaction(hexToBytes(signed), sidecar)));
  };
  const sendMessage = (gasLimit: bigint, data: Hex) =>
    send(
      OTHER_KEY,
      encodeFunctionData({
        abi: inboxAbi,
        functionName: "sendMessage",
        args: [RECIPIENT, 3n, gasLimit, data, RECIPIENT],
      }),
      10n ** 16n,
    );
  const block = async (messages: number) => ({ timestamp: await rollup.l1Timestamp(), messages, transactions: [] });

  /** Every stored entry is the one whose hash the contract holds, and none is missing. */
  const expectEntriesOfContract = async () => {
    const { l1, config, database } = rollup;
    const { inbox } = database;
    const contract = { address: config.contracts.inbox, abi: inboxAbi } as const;
    expect(inbox.messageCount()).to.equal(
      Number(await l1.client.readContract({ ...contract, functionName: "messageCount" })),
    );
    expect(inbox.batchCount()).to.equal(
      Number(await l1.client.readContract({ ...contract, functionName: "batchCount" })),
    );
    for (let index = 0; index < inbox.messageCount(); index++) {
      const stored = await l1.client.readContract({
        ...contract,
        functionName: "messageHashes",
        args: [BigInt(index)],
      });
      expect(hashMessage(inbox.getMessage(index)!)).to.equal(stored);
    }
    for (let index = 0; index < inbox.batchCount(); index++) {
      const stored = await l1.client.readContract({ ...contract, functionName: "batchHashes", args: [BigInt(index)] });
      expect(batchHash(inbox.getBatch(index)!)).to.equal(stored);
    }
  };

  it("reads every kind of message and batch, derives them all, and survives L1 reorgs", async () => {
    const { chain, database, l1 } = rollup;
    await send(OTHER_KEY, "0x", 10n ** 18n);
    await sendMessage(100_000n, "0x1234");
    await postBatch(OPERATOR_KEY, 2, encodePayload([await block(1), await block(1)]));
    await rollup.follow();
    await expectEntriesOfContract();
    // The context message came with the batch.
    expect(database.inbox.getMessage(2)!.kind).to.equal("context");
    expect(chain.store.getHeads()).to.include({ latest: 2, safe: 2 });
    expect((await chain.engine.getAccount(chain.latest().header.stateRoot, RECIPIENT))!.balance > 0n).to.equal(true);

    await sendMessage(200_000n, "0x");
    await rollup.follow();
    await postBatch(OPERATOR_KEY, 3, encodePayload([await block(5)]), database.inbox.getMessage(3));
    await postBlobBatch(4, encodePayload([await block(1), await block(0)]));
    await postBatch(OPERATOR_KEY, 4, Uint8Array.of(1, 2, 3));
    await rollup.follow();
    await expectEntriesOfContract();
    expect(database.inbox.getBatch(2)!.kind).to.equal("blobs");
    expect(chain.latest().nextMessage).to.equal(4);

    const snapshot = await l1.snapshot();
    await sendMessage(100_000n, "0xaa");
    await postBatch(OPERATOR_KEY, 5, encodePayload([await block(1)]));
    await rollup.follow();
    const before = chain.latest();
    expect(database.inbox.batchCount()).to.equal(5);
    await l1.revertTo(snapshot);
    await l1.mine(1);
    await sendMessage(100_000n, "0xbb");
    await postBatch(OPERATOR_KEY, 5, encodePayload([await block(1), await block(0)]));
    await l1.mine(2);
    await rollup.follow();
    await expectEntriesOfContract();
    expect(chain.store.getBlockHash(before.header.number)).to.not.equal(before.hash);
    expect(chain.store.getBlockByHash(before.hash)).to.not.equal(undefined);
    expect(chain.store.getHeads().safe).to.equal(before.header.number + 1);

    // Nobody posts: what is overdue is forced in, and then others may post.
    await sendMessage(100_000n, "0xcc");
    await rollup.follow();
    const unread = database.inbox.getMessage(chain.latest().nextMessage)!;
    await l1.increaseTime(13 * HOUR);
    await send(
      OTHER_KEY,
      encodeFunctionData({
        abi: inboxAbi,
        functionName: "forceInclude",
        args: [
          BigInt(unread.index),
          {
            enqueuedAt: BigInt(unread.enqueuedAt),
            kind: unread.kind === "deposit" ? 0 : 1,
            bodyHash: messageBodyHash(unread),
          },
        ],
      }),
    );
    await l1.increaseTime(24 * HOUR);
    const count = await l1.client.readContract({
      address: rollup.config.contracts.inbox,
      abi: inboxAbi,
      functionName: "messageCount",
    });
    await postBatch(OTHER_KEY, Number(count), encodePayload([await block(9)]));
    await rollup.follow();
    await expectEntriesOfContract();
    expect(chain.latest().nextMessage).to.equal(Number(count));
    expect(chain.store.getHeads().safe).to.equal(chain.latest().header.number);
  }).timeout(120_000);

  it("is followed from nothing to the same chain, hash by hash", async () => {
    const { config, l1, blobArchive, chain: first } = rollup;
    const folder = temporaryFolder();
    const instruments = silentInstruments();
    const database = await openTestDatabase(folder.path, config.genesisHash);
    const { chain: store, inbox } = database;
    const { chainId } = config.genesis;
    const engine = createTestEngine({ chainId, state: store.state }, instruments);
    const chain = await createChain({ config, engine, store, inbox }, instruments);
    const reader = createInboxReader(
      { config, client: l1.client, inbox, blobs: blobArchive, finality: { kind: "tag" } },
      instruments,
    );
    const recovery = createSenderRecovery({ chainId, workers: 1 }, instruments);
    const follower = createFollower({ chain, reader, recovery }, instruments);
    await follower.syncOnce();
    const { latest } = first.store.getHeads();
    // A Hardhat node reports each of its blocks as final.
    expect(store.getHeads()).to.eql({ latest, safe: latest, finalized: latest });
    for (let number = 0; number <= latest; number++)
      expect(store.getBlock(number)).to.eql(first.store.getBlock(number));
    await recovery.close();
    await database.close();
    folder.remove();
  }).timeout(60_000);
});
