import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPublicClient, createWalletClient, http, parseEther } from "viem";
import type { Abi, Address, Hex, PublicClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { DevnetInfo } from "../../src/devnet/index.ts";
import {
  bridgedERC1155Abi,
  bridgedERC20Abi,
  bridgedERC721Abi,
  l1ERC20BridgeAbi,
  wrappedEtherAbi,
} from "../../src/l1/index.ts";
import { WRAPPED_ETHER_ADDRESS } from "../../src/rollup/index.ts";
import { callOnestep } from "../cli/call-onestep.ts";
import { type OnestepProcess, startOnestep } from "./onestep-process.ts";

/** Stands for the other layer's token, in the place of which the tokens of these tests were made. */
const NOTHING: Address = "0x00000000000000000000000000000000000000a0";

interface Arrived {
  readonly outcome: string;
  readonly representation: Address;
}

describe("onestep bridge", function () {
  this.timeout(240_000);

  let folder: string;
  let devnet: OnestepProcess<DevnetInfo>;
  let l1: PublicClient;
  let l2: PublicClient;
  let key: Hex;
  let me: Address;
  let tokens: { readonly erc20: Address; readonly erc721: Address; readonly erc1155: Address };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "onestep-bridge-test-"));
    devnet = await startOnestep<DevnetInfo>({
      arguments: [
        ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
        ...["--l1-block-time", "1", "--batch-interval", "1", "--propose-interval", "1"],
      ],
      infoFile: join(folder, "devnet.json"),
    });
    l1 = createPublicClient({ transport: http(devnet.info.l1.rpcUrl), cacheTime: 0 });
    l2 = createPublicClient({ transport: http(devnet.info.l2.rpcUrl), cacheTime: 0 });
    key = devnet.info.accounts[3]?.privateKey as Hex;
    me = privateKeyToAccount(key).address;
    tokens = {
      erc20: await deploy("BridgedERC20", [NOTHING, "Some Token", "SOME", 6]),
      erc721: await deploy("BridgedERC721", [NOTHING, "Some Item", "ITEM"]),
      erc1155: await deploy("BridgedERC1155", [NOTHING]),
    };
    await write("l1", tokens.erc20, bridgedERC20Abi, "mint", [me, 100_000_000n]);
    await write("l1", tokens.erc721, bridgedERC721Abi, "mint", [me, 7n, "ipfs://7"]);
    await write("l1", tokens.erc1155, bridgedERC1155Abi, "mint", [me, [9n], [50n], ["ipfs://9"]]);
  });
  after(async () => {
    await devnet.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed") process.stderr.write(`${devnet.log()}\n`);
  });

  /** Deploys a token to L1 whose maker, who may mint it, is the user. */
  async function deploy(name: string, args: readonly unknown[]): Promise<Address> {
    const path = new URL(`../../artifacts/contracts/bridges/tokens/${name}.sol/${name}.json`, import.meta.url);
    const { abi, bytecode } = JSON.parse(readFileSync(path, "utf8")) as { abi: Abi; bytecode: Hex };
    const hash = await wallet("l1").deployContract({ abi, bytecode, args, chain: null });
    return (await l1.waitForTransactionReceipt({ hash })).contractAddress as Address;
  }

  function wallet(layer: "l1" | "l2") {
    return createWalletClient({ account: privateKeyToAccount(key), transport: http(devnet.info[layer].rpcUrl) });
  }

  async function write(
    layer: "l1" | "l2",
    address: Address,
    abi: Abi,
    functionName: string,
    args: readonly unknown[],
    value = 0n,
  ): Promise<void> {
    const hash = await wallet(layer).writeContract({
      address,
      abi,
      functionName,
      args,
      value,
      chain: null,
    });
    const { status } = await (layer === "l1" ? l1 : l2).waitForTransactionReceipt({ hash });
    expect(status).to.equal("success");
  }

  const onestep = (...args: readonly string[]) =>
    callOnestep(...args, "--l1-rpc-url", devnet.info.l1.rpcUrl, "--rpc-url", devnet.info.l2.rpcUrl);

  /** The JSON that the command prints. */
  async function bridge<Result>(...args: readonly string[]): Promise<Result> {
    const { status, stdout, stderr } = await onestep("bridge", ...args, "--private-key", key, "--json");
    expect(status, stderr).to.equal(0);
    return JSON.parse(stdout) as Result;
  }

  const balanceOn = (client: PublicClient, address: Address): Promise<bigint> =>
    client.readContract({ address, abi: bridgedERC20Abi, functionName: "balanceOf", args: [me] });

  it("brings an ERC-20, an ERC-721 and an ERC-1155 token to L2, each with what it says of itself", async () => {
    const erc20 = await bridge<Arrived>(tokens.erc20, "--amount", "12.5");
    expect(erc20.outcome).to.equal("relayed");
    const metadata = { address: erc20.representation, abi: bridgedERC20Abi } as const;
    expect(await l2.readContract({ ...metadata, functionName: "symbol" })).to.equal("SOME");
    expect(await l2.readContract({ ...metadata, functionName: "decimals" })).to.equal(6);
    expect(await balanceOn(l2, erc20.representation)).to.equal(12_500_000n);

    const erc721 = await bridge<Arrived>(tokens.erc721, "--id", "7");
    const item = { address: erc721.representation, abi: bridgedERC721Abi, args: [7n] } as const;
    expect(await l2.readContract({ ...item, functionName: "ownerOf" })).to.equal(me);
    expect(await l2.readContract({ ...item, functionName: "tokenURI" })).to.equal("ipfs://7");

    const erc1155 = await bridge<Arrived>(tokens.erc1155, "--id", "9", "--amount", "3");
    const several = { address: erc1155.representation, abi: bridgedERC1155Abi } as const;
    expect(await l2.readContract({ ...several, functionName: "balanceOf", args: [me, 9n] })).to.equal(3n);
    expect(await l2.readContract({ ...several, functionName: "uri", args: [9n] })).to.equal("ipfs://9");
  });

  it("brings them back, and a token of L2 to L1, as withdrawals that are finalized as any", async () => {
    const { representation } = await bridge<Arrived>(tokens.erc20, "--amount", "2");
    const before = await balanceOn(l1, tokens.erc20);
    const back = await bridge<{ index: number }>(representation, "--amount", "4", "--from", "l2");
    await write("l2", WRAPPED_ETHER_ADDRESS, wrappedEtherAbi, "deposit", [], parseEther("1"));
    const away = await bridge<{ index: number; bridge: Address }>(
      ...[WRAPPED_ETHER_ADDRESS, "--amount", "0.25", "--from", "l2"],
    );

    // Ends with the claim of the latest block.
    const moved = await callOnestep("devnet", "fast-forward", "--rpc-url", devnet.info.l2.rpcUrl);
    expect(moved.status, moved.stderr).to.equal(0);
    for (const { index } of [back, away]) {
      const { status, stderr } = await onestep("finalize", String(index), "--private-key", key, "--timeout", "100");
      expect(status, stderr).to.equal(0);
    }
    expect(await balanceOn(l1, tokens.erc20)).to.equal(before + 4_000_000n);
    const wrapped = await l1.readContract({
      ...{ address: away.bridge, abi: l1ERC20BridgeAbi, functionName: "representationOf" },
      args: [WRAPPED_ETHER_ADDRESS],
    });
    expect(await balanceOn(l1, wrapped)).to.equal(parseEther("0.25"));
  });

  it("says what is missing or too much, and sends nothing", async () => {
    const wrong = async (...args: readonly string[]) => {
      const { status, stderr } = await onestep("bridge", ...args, "--private-key", key);
      expect(status).to.equal(2);
      return stderr;
    };
    expect(await wrong(tokens.erc20)).to.contain("--amount is required for an ERC-20 token");
    expect(await wrong(tokens.erc20, "--amount", "1", "--id", "7")).to.contain("which has none");
    expect(await wrong(tokens.erc721))
      .to.contain("--id is required")
      .and.to.contain("ERC-721");
    expect(await wrong("0x12", "--amount", "1")).to.contain("0x12");
    expect(await wrong(tokens.erc20, "--amount", "a lot")).to.contain("a lot");
    const { status, stderr } = await onestep("bridge", tokens.erc20, "--amount", "1000000", "--private-key", key);
    expect(status).to.equal(1);
    expect(stderr).to.contain("L1 would refuse the transaction");
  });
});
