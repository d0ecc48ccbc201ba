import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { concatHex, numberToHex, parseAbi, size } from "viem";
import { loadArtifact } from "../artifact.ts";
import { ether, expectEqual, FAR_FUTURE, type Scenario } from "./scenario.ts";

const require = createRequire(import.meta.url);
const ERC20 = loadArtifact("openzeppelin-contracts-4/build/contracts/ERC20PresetMinterPauser.json");

const ABI = parseAbi([
  "struct TokenPermissions { address token; uint256 amount; }",
  "struct PermitTransferFrom { TokenPermissions permitted; uint256 nonce; uint256 deadline; }",
  "struct SignatureTransferDetails { address to; uint256 requestedAmount; }",
  "function permitTransferFrom(PermitTransferFrom permit, SignatureTransferDetails transferDetails, address owner, bytes signature)",
  "function nonceBitmap(address owner, uint256 word) view returns (uint256)",
]);

const TYPES = {
  PermitTransferFrom: [
    { name: "permitted", type: "TokenPermissions" },
    { name: "spender", type: "address" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
  TokenPermissions: [
    { name: "token", type: "address" },
    { name: "amount", type: "uint256" },
  ],
};

/** The runtime code of the canonical Permit2, which its source publishes as a literal. */
function permit2RuntimeCode(): `0x${string}` {
  const source = readFileSync(
    require.resolve("@uniswap/v4-periphery/lib/permit2/test/utils/DeployPermit2.sol"),
    "utf8",
  );
  const code = /hex"([0-9a-f]+)"/.exec(source)?.[1];
  if (code === undefined) throw new Error("the published Permit2 source holds no code literal");
  return `0x${code}`;
}

export const permit2: readonly Scenario[] = [
  {
    name: "Permit2: a signature alone lets a spender move tokens, once",
    async run(client) {
      const [owner, spender, receiver] = client.accounts as [`0x${string}`, `0x${string}`, `0x${string}`];
      const runtime = permit2RuntimeCode();
      // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN: creation code that returns what follows it.
      const creation = concatHex(["0x61", numberToHex(size(runtime), { size: 2 }), "0x80600a5f395ff3", runtime]);
      const { contractAddress } = await client.sendData(undefined, creation);
      const contract = { address: contractAddress!, abi: ABI };
      const token = await client.deploy(ERC20, ["Token", "TKN"]);
      await client.send(token, "mint", [owner, ether(100)]);
      await client.send(token, "approve", [contract.address, 2n ** 256n - 1n]);

      const permit = { permitted: { token: token.address, amount: ether(40) }, nonce: 0n, deadline: FAR_FUTURE };
      const signature = await client.signTypedData(
        0,
        { name: "Permit2", chainId: client.chainId, verifyingContract: contract.address },
        TYPES,
        "PermitTransferFrom",
        { ...permit, spender },
      );
      const args = [permit, { to: receiver, requestedAmount: ether(25) }, owner, signature];
      await client.send(contract, "permitTransferFrom", args, { from: 1 });
      expectEqual(await client.read(token, "balanceOf", [receiver]), ether(25), "tokens moved");
      expectEqual(await client.read(contract, "nonceBitmap", [owner, 0n]), 1n, "the nonce is used");
      let replayed = true;
      try {
        await client.send(contract, "permitTransferFrom", args, { from: 1 });
      } catch {
        replayed = false;
      }
      expectEqual(String(replayed), "false", "the signature works twice");
    },
  },
];
