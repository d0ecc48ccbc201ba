import { readFileSync, globSync } from "node:fs";
import { expect } from "chai";
import { toEventHash, toFunctionHash } from "viem";
import type { Abi, AbiItem } from "viem";
import * as client from "../../src/client/abi.ts";
import * as contracts from "../../src/l1/index.ts";
import { L2_BRIDGES, OUTBOX_ADDRESS } from "../../src/rollup/index.ts";

/** What makes an item what it is on the wire, and how its fields are named. */
function describeItem(item: AbiItem): string {
  if (item.type === "event") {
    return `${toEventHash(item)} ${item.inputs.map(({ name, indexed }) => `${name} ${String(indexed === true)}`).join(",")}`;
  }
  if (item.type === "function") {
    return `${toFunctionHash(item)} ${item.stateMutability} ${JSON.stringify(item.outputs.map(({ type }) => type))}`;
  }
  return item.type === "error"
    ? `${item.name}(${item.inputs.map(({ type, name }) => `${type} ${name}`).join(",")})`
    : item.type;
}

describe("What the client says of the contracts a second time", () => {
  for (const [name, contract] of [
    ["inboxAbi", "inboxAbi"],
    ["outboxAbi", "outboxAbi"],
    ["portalAbi", "portalAbi"],
    ["stateCommitmentChainAbi", "stateCommitmentChainAbi"],
    ["erc20BridgeAbi", "l1ERC20BridgeAbi"],
    ["erc721BridgeAbi", "l1ERC721BridgeAbi"],
    ["erc1155BridgeAbi", "l1ERC1155BridgeAbi"],
    ["l1MessengerAbi", "l1MessengerAbi"],
    ["l2MessengerAbi", "l2MessengerAbi"],
  ] as const) {
    it(`is what the contract has: ${name}`, () => {
      const own = (client[name] as Abi).map(describeItem);
      expect((contracts[contract] as Abi).map(describeItem)).to.include.members(own);
      expect(own.length).to.be.greaterThan(1);
    });
  }

  it("is where the bridges are", () => {
    expect(client.L2_BRIDGE_ADDRESSES).to.eql(L2_BRIDGES);
  });

  it("is the Outbox's address", () => {
    expect(client.OUTBOX_ADDRESS).to.equal(OUTBOX_ADDRESS);
  });

  it("is said because the client imports nothing that a browser has not: viem, zod and itself", () => {
    const files = globSync("src/client/*.ts");
    expect(files.length).to.be.greaterThan(10);
    const imported = files.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type)[^;]*?from "([^"]+)";/gms)].map(
        ([, from]) => from!,
      ),
    );
    expect([...new Set(imported.filter((from) => !from.startsWith("./")))].sort()).to.eql([
      "viem",
      "viem/accounts",
      "viem/actions",
      "zod",
    ]);
  });
});
