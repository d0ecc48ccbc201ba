import { network } from "hardhat";
import type { TransactionResponse } from "ethers";
import { bytesToHex, hexToBytes, rootFromProof, toAddress } from "../../src/primitives/index.ts";
import type { Hash, Hex } from "../../src/primitives/index.ts";
import { L2_BRIDGES, withdrawalHash } from "../../src/rollup/index.ts";
import type { Withdrawal } from "../../src/rollup/index.ts";
import { GENESIS_CLAIM, deployRollupFixture, withdrawalArgument } from "../../test/contracts/l1/rollup-fixture.ts";
import { deployArbitrum } from "./arbitrum.ts";
import { gasOf } from "./measurement.ts";
import type { Measurement } from "./measurement.ts";
import { deployOptimism } from "./optimism.ts";

/** One operation on the peers' contracts too; undefined where a peer has none of the kind. */
export interface Comparison {
  readonly operation: string;
  readonly onestep: number;
  readonly optimism: number | undefined;
  readonly arbitrum: number | undefined;
}

const ETHER = 10n ** 18n;
const GWEI = 10n ** 9n;
/** Of the call on L2, the same for all. */
const L2_GAS = 200_000;
const NOBODY = "0x00000000000000000000000000000000000000b0";
const REMOTE_TOKEN = "0x00000000000000000000000000000000000000a0";
/** 100 bytes, none of which is zero. */
const DATA: Hex = bytesToHex(new Uint8Array(100).fill(0xd5));

type Fixture = Awaited<ReturnType<typeof deployRollupFixture>>;

/** Messenger and bridges on a rollup of tests, and a token of each standard of which the user has plenty, given to the bridge. */
async function deployBridges(fixture: Fixture) {
  const { ethers, inbox, portal, user } = fixture;
  const messenger = await ethers.deployContract("L1Messenger", [inbox, portal]);
  const erc20Bridge = await ethers.deployContract("L1ERC20Bridge", [messenger]);
  const erc721Bridge = await ethers.deployContract("L1ERC721Bridge", [messenger]);
  const erc1155Bridge = await ethers.deployContract("L1ERC1155Bridge", [messenger]);
  // Tokens whose bridge is the user itself, who so mints what it likes.
  const erc20 = await ethers.deployContract("BridgedERC20", [REMOTE_TOKEN, "Some Token", "SOME", 18], user);
  const erc721 = await ethers.deployContract("BridgedERC721", [REMOTE_TOKEN, "Some Item", "ITEM"], user);
  const erc1155 = await ethers.deployContract("BridgedERC1155", [REMOTE_TOKEN], user);
  await erc20.mint(user, 1_000n * ETHER);
  await erc20.approve(erc20Bridge, 2n ** 256n - 1n);
  await erc721.setApprovalForAll(erc721Bridge, true);
  await erc1155.setApprovalForAll(erc1155Bridge, true);
  return { messenger, erc20Bridge, erc721Bridge, erc1155Bridge, erc20, erc721, erc1155 };
}

/** A recipient without a call; from L1 `value` must pay for the message. */
const delivery = { recipient: NOBODY, value: 0n, data: "0x", minimumGas: 0, refundTo: NOBODY };
const fee = { value: ETHER / 100n };

export async function measureBridges(): Promise<readonly Measurement[]> {
  const fixture = await deployRollupFixture();
  const { inbox, portal, user, confirmOutboxRoot } = fixture;
  const { messenger, erc20Bridge, erc721Bridge, erc1155Bridge, erc20, erc721, erc1155 } = await deployBridges(fixture);
  const measured: Measurement[] = [];
  const record = async (operation: string, sent: Promise<TransactionResponse>): Promise<void> => {
    measured.push({ operation, gas: Number(await gasOf(sent)) });
  };
  for (const [name, contract] of Object.entries({ messenger, erc20Bridge, erc721Bridge, erc1155Bridge })) {
    const gas = (await contract.deploymentTransaction()?.wait())?.gasUsed ?? 0n;
    measured.push({ operation: `deploy the ${name} on L1, by itself`, gas: Number(gas) });
  }
  await inbox.connect(user).depositEther(user.address, { value: 10n * ETHER });
  const send = erc20Bridge.connect(user).send;
  await record("bridge an ERC-20 token, the first time of the token", send(erc20, ETHER, delivery, fee));
  await record("bridge an ERC-20 token", send(erc20, ETHER, delivery, fee));
  const everything = { ...delivery, value: 1n, data: DATA, minimumGas: L2_GAS };
  await record("bridge an ERC-20 token with ETH and a call of 100 bytes", send(erc20, ETHER, everything, fee));
  for (const id of [1, 2, 3]) await erc721.mint(user, id, "ipfs://something/1");
  const send721 = erc721Bridge.connect(user).send;
  await record("bridge an ERC-721 token, the first time of the token", send721(erc721, 1, delivery, fee));
  await record("bridge an ERC-721 token with a URI of 18 bytes", send721(erc721, 2, delivery, fee));
  await erc1155.mint(user, [1, 2, 3], [100, 100, 100], ["ipfs://1", "ipfs://2", "ipfs://3"]);
  const send1155 = erc1155Bridge.connect(user).send;
  await record("bridge an ERC-1155 token, the first time of the token", send1155(erc1155, [1], [1], delivery, fee));
  await record("bridge one ERC-1155 token", send1155(erc1155, [1], [1], delivery, fee));
  await record("bridge three ERC-1155 tokens", send1155(erc1155, [1, 2, 3], [1, 1, 1], delivery, fee));

  let parentId: Hash = GENESIS_CLAIM;
  /** What `Portal.execute` takes for a message of the L2 messenger, out of 2^20. */
  const relay = async (index: number, sender: string, target: string, value: bigint, data: string): Promise<bigint> => {
    const message = { nonce: index, sender, target, value, minimumGas: L2_GAS, data };
    const withdrawal: Withdrawal = {
      index,
      sender: L2_BRIDGES.messenger,
      target: toAddress(await messenger.getAddress()),
      value,
      minimumGas: 280_000n,
      data: hexToBytes(messenger.interface.encodeFunctionData("relayMessage", [message])),
    };
    const proof = Array.from({ length: 20 }, (_, level): Hash => `0x${String(level + 10).repeat(32)}`);
    const root = rootFromProof(withdrawalHash(withdrawal), index, 2 ** 20, proof);
    if (root === undefined) throw new Error("expected a root");
    const confirmed = await confirmOutboxRoot(root, parentId);
    parentId = confirmed.claimId;
    return gasOf(portal.connect(user).execute(withdrawalArgument(withdrawal), confirmed.opening, proof));
  };
  await relay(2, NOBODY, NOBODY, 1n, "0x");
  const recordRelay = async (operation: string, ...of: Parameters<typeof relay>): Promise<void> => {
    measured.push({ operation, gas: Number(await relay(...of)) });
  };
  const { erc20Bridge: bridge20, erc721Bridge: bridge721 } = L2_BRIDGES;
  const me = user.address;
  const [token20, token721] = [await erc20.getAddress(), await erc721.getAddress()];
  await recordRelay("relay a message to L1 with ETH (of 1,048,576)", 3, NOBODY, me, 1n, "0x");
  await recordRelay(
    "withdraw an ERC-20 token (of 1,048,576)",
    ...([4, bridge20, await erc20Bridge.getAddress(), 0n] as const),
    erc20Bridge.interface.encodeFunctionData("release", [token20, me, ETHER / 2n, me, "0x"]),
  );
  await recordRelay(
    "withdraw an ERC-721 token (of 1,048,576)",
    ...([5, bridge721, await erc721Bridge.getAddress(), 0n] as const),
    erc721Bridge.interface.encodeFunctionData("release", [token721, me, 1, me, "0x"]),
  );
  return measured;
}

/** The same operations on the peers' published contracts, at two base fees of L1, as OP's deposits burn gas by it. */
export async function compareBridges(): Promise<readonly Comparison[]> {
  const rows: Comparison[] = [];
  for (const baseFee of [1n, 10n]) {
    const at = `at a base fee of ${baseFee} gwei`;
    const fixture = await deployRollupFixture();
    const { messenger, erc20Bridge, erc20 } = await deployBridges(fixture);
    const { user } = fixture;
    const optimismOn = await network.create();
    const optimism = await deployOptimism(optimismOn);
    const arbitrumOn = await network.create();
    const arbitrum = await deployArbitrum(arbitrumOn);
    const measure = async (
      on: { readonly networkHelpers: Fixture["networkHelpers"] },
      send: () => Promise<TransactionResponse>,
    ): Promise<number> => {
      // The first pays for slots that are new to the contracts, as counts; and any rest of earlier blocks is gone.
      await send().then((sent) => sent.wait());
      await on.networkHelpers.mine(100);
      await on.networkHelpers.setNextBlockBaseFeePerGas(baseFee * GWEI);
      return Number(await gasOf(send()));
    };
    const submission = 10n ** 16n;
    const retryable = { value: submission + BigInt(L2_GAS) * 10n ** 9n + 1n };
    rows.push({
      operation: `send a message of 100 bytes and 1 wei, ${at}`,
      onestep: await measure(fixture, () => messenger.connect(user).sendMessage(NOBODY, 1n, L2_GAS, DATA, NOBODY, fee)),
      optimism: await measure(optimismOn, () =>
        optimism.messenger.getFunction("sendMessage")(NOBODY, DATA, L2_GAS, { value: 1n }),
      ),
      arbitrum: await measure(arbitrumOn, () =>
        arbitrum.inbox.getFunction("createRetryableTicket")(
          ...[NOBODY, 1n, submission, NOBODY, NOBODY, L2_GAS, 10n ** 9n, DATA, retryable],
        ),
      ),
    });
    const tokenOn = async (ethers: typeof fixture.ethers, spender: string) => {
      const [, owner] = await ethers.getSigners();
      const token = await ethers.deployContract("BridgedERC20", [REMOTE_TOKEN, "Some Token", "SOME", 18], owner);
      await token.mint(owner!, 1_000n * ETHER);
      await token.approve(spender, 2n ** 256n - 1n);
      return token.getAddress();
    };
    const optimismToken = await tokenOn(optimismOn.ethers, await optimism.bridge.getAddress());
    const arbitrumToken = await tokenOn(arbitrumOn.ethers, await arbitrum.gateway.getAddress());
    const bid = optimismOn.ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "bytes"], [submission, "0x"]);
    rows.push({
      operation: `bridge an ERC-20 token, ${at}`,
      onestep: await measure(fixture, () => erc20Bridge.connect(user).send(erc20, ETHER, delivery, fee)),
      optimism: await measure(optimismOn, () =>
        optimism.bridge.getFunction("bridgeERC20To")(optimismToken, REMOTE_TOKEN, NOBODY, ETHER, L2_GAS, "0x"),
      ),
      arbitrum: await measure(arbitrumOn, () =>
        arbitrum.router.getFunction("outboundTransfer")(
          ...[arbitrumToken, NOBODY, ETHER, L2_GAS, 10n ** 9n, bid, { value: retryable.value - 1n }],
        ),
      ),
    });
  }
  return rows;
}
