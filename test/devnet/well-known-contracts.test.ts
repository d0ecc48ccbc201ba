import { expect } from "chai";
import { encodeAbiParameters, getContractAddress, keccak256, parseAbi, parseTransaction, toBytes } from "viem";
import { createPublicClient, http, recoverTransactionAddress, zeroAddress } from "viem";
import type { TransactionSerialized } from "viem";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wellKnownContracts } from "../../src/devnet/index.ts";
import type { DevnetInfo } from "../../src/devnet/index.ts";
import { DETERMINISTIC_DEPLOYER_ADDRESS } from "../../src/rollup/index.ts";
import { startOnestep } from "../end-to-end/onestep-process.ts";

describe("well-known contracts", () => {
  it("are their authors': the addresses commit to the code, through the CREATE2 deployer or a signature", async () => {
    const names = wellKnownContracts().map(({ name }) => name);
    expect(names).to.eql(["Multicall3", "CreateX", "Permit2", "EntryPoint 0.7", "EntryPoint 0.8"]);
    for (const contract of wellKnownContracts()) {
      if ("transaction" in contract) {
        const serializedTransaction = contract.transaction as TransactionSerialized;
        const signer = await recoverTransactionAddress({ serializedTransaction });
        expect(signer.toLowerCase()).to.equal(contract.signer);
        expect(parseTransaction(contract.transaction).chainId).to.equal(undefined);
        expect(getContractAddress({ from: signer, nonce: 0n }).toLowerCase()).to.equal(contract.address);
      } else {
        const { salt, initcode: bytecode } = contract;
        const address = getContractAddress({ opcode: "CREATE2", from: DETERMINISTIC_DEPLOYER_ADDRESS, salt, bytecode });
        expect(address.toLowerCase()).to.equal(contract.address);
      }
    }
  });

  it("are on a devnet's L2, and do there what tools use them for; with --bare they are not", async function () {
    this.timeout(120_000);
    const folder = mkdtempSync(join(tmpdir(), "onestep-well-known-"));
    const start = (...flags: readonly string[]) =>
      startOnestep<DevnetInfo>({
        arguments: [
          ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
          ...flags,
        ],
        infoFile: join(folder, "info.json"),
      });
    const devnet = await start();
    try {
      const client = createPublicClient({ transport: http(devnet.info.l2.rpcUrl) });
      const [multicall3, createX, permit2, ...entryPoints] = wellKnownContracts().map(({ address }) => address);
      const call = {
        address: multicall3!,
        abi: parseAbi(["function getChainId() view returns (uint256)"]),
        functionName: "getChainId",
      } as const;
      const answers = await client.multicall({ contracts: [call, call], multicallAddress: multicall3! });
      expect(answers.map(({ result }) => result)).to.eql([
        BigInt(devnet.info.l2.chainId),
        BigInt(devnet.info.l2.chainId),
      ]);

      const domain = await client.readContract({
        address: permit2!,
        abi: parseAbi(["function DOMAIN_SEPARATOR() view returns (bytes32)"]),
        functionName: "DOMAIN_SEPARATOR",
      });
      const types = [{ type: "bytes32" }, { type: "bytes32" }, { type: "uint256" }, { type: "address" }] as const;
      const type = keccak256(toBytes("EIP712Domain(string name,uint256 chainId,address verifyingContract)"));
      const values = [type, keccak256(toBytes("Permit2")), BigInt(devnet.info.l2.chainId), permit2!] as const;
      expect(domain).to.equal(keccak256(encodeAbiParameters(types, values)));

      const salt = keccak256(toBytes("salt"));
      const computed = await client.readContract({
        address: createX!,
        abi: parseAbi(["function computeCreate2Address(bytes32 salt, bytes32 initCodeHash) view returns (address)"]),
        functionName: "computeCreate2Address",
        args: [salt, keccak256("0x00")],
      });
      expect(computed).to.equal(getContractAddress({ opcode: "CREATE2", from: createX!, salt, bytecode: "0x00" }));

      for (const address of entryPoints) {
        const nonce = await client.readContract({
          address,
          abi: parseAbi(["function getNonce(address sender, uint192 key) view returns (uint256)"]),
          functionName: "getNonce",
          args: [zeroAddress, 0n],
        });
        expect(nonce).to.equal(0n);
      }
      // What users begin with is as it was.
      for (const { address } of devnet.info.accounts) {
        expect(await client.getTransactionCount({ address })).to.equal(0);
      }
      await devnet.stop();
      const bare = await start("--bare");
      const bareClient = createPublicClient({ transport: http(bare.info.l2.rpcUrl) });
      expect(await bareClient.getCode({ address: multicall3! })).to.equal(undefined);
      await bare.stop();
    } finally {
      await devnet.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
