import { loadArtifact } from "../artifact.ts";
import { ether, expectEqual, type Scenario } from "./scenario.ts";

const ERC20 = loadArtifact("openzeppelin-contracts-4/build/contracts/ERC20PresetMinterPauser.json");
const ERC721 = loadArtifact("openzeppelin-contracts-4/build/contracts/ERC721PresetMinterPauserAutoId.json");
const ERC1155 = loadArtifact("openzeppelin-contracts-4/build/contracts/ERC1155PresetMinterPauser.json");

export const tokens: readonly Scenario[] = [
  {
    name: "OpenZeppelin ERC-20: mint, transfer, approve, transferFrom, burn",
    async run(client) {
      const [owner, alice, bob] = client.accounts;
      const token = await client.deploy(ERC20, ["Token", "TKN"]);
      await client.send(token, "mint", [owner, ether(100)]);
      await client.send(token, "transfer", [alice, ether(30)]);
      await client.send(token, "approve", [bob, ether(10)], { from: 1 });
      await client.send(token, "transferFrom", [alice, bob, ether(10)], { from: 2 });
      await client.send(token, "burn", [ether(5)], { from: 2 });
      expectEqual(await client.read(token, "balanceOf", [owner]), ether(70), "balance of the owner");
      expectEqual(await client.read(token, "balanceOf", [alice]), ether(20), "balance of Alice");
      expectEqual(await client.read(token, "balanceOf", [bob]), ether(5), "balance of Bob");
      expectEqual(await client.read(token, "totalSupply"), ether(95), "total supply");
    },
  },
  {
    name: "OpenZeppelin ERC-721: mint, approve, transfer",
    async run(client) {
      const [owner, alice, bob] = client.accounts;
      const token = await client.deploy(ERC721, ["Art", "ART", "https://example.org/"]);
      await client.send(token, "mint", [owner]);
      await client.send(token, "mint", [alice]);
      await client.send(token, "approve", [bob, 1n], { from: 1 });
      await client.send(token, "transferFrom", [alice, bob, 1n], { from: 2 });
      expectEqual(await client.read(token, "ownerOf", [0n]), owner!, "owner of token 0");
      expectEqual(await client.read(token, "ownerOf", [1n]), bob!, "owner of token 1");
      expectEqual(await client.read(token, "tokenURI", [1n]), "https://example.org/1", "token URI");
    },
  },
  {
    name: "OpenZeppelin ERC-1155: batch mint, batch transfer",
    async run(client) {
      const [owner, alice] = client.accounts;
      const token = await client.deploy(ERC1155, ["https://example.org/{id}"]);
      await client.send(token, "mintBatch", [owner, [1n, 2n, 3n], [10n, 20n, 30n], "0x"]);
      await client.send(token, "safeBatchTransferFrom", [owner, alice, [1n, 3n], [4n, 30n], "0x"]);
      const balances = await client.read<readonly bigint[]>(token, "balanceOfBatch", [
        [owner, owner, owner, alice, alice],
        [1n, 2n, 3n, 1n, 3n],
      ]);
      expectEqual([...balances].join(), "6,20,0,4,30", "balances");
    },
  },
];
