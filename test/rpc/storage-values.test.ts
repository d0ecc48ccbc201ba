import { crc32 } from "node:zlib";
import { expect } from "chai";
import { loadPrecompiles } from "../../src/ethereum/index.ts";
import { hexToBytes } from "../../src/primitives/index.ts";
import { FEE_VAULT_ADDRESS, L1_CONTEXT_ADDRESS, OUTBOX_ADDRESS } from "../../src/rollup/index.ts";
import { CHAIN_ID, GENESIS_TIMESTAMP, ask, context, result, startNode } from "./node-fixture.ts";
import type { Hex, TestNode } from "./node-fixture.ts";

const EMPTY: Hex = `0x${"ee".repeat(20)}`;
const slot = (number: number): Hex => `0x${number.toString(16).padStart(64, "0")}`;

describe("eth_getStorageValues and eth_config", () => {
  let node: TestNode;
  before(async () => {
    node = await startNode({ sequencing: false });
    const messages = [context(0)];
    await node.receive(messages);
    await node.chain.exclusive((writer) =>
      writer.execute({ timestamp: GENESIS_TIMESTAMP + 1, messages, transactions: [] }),
    );
  });
  after(() => node.close());

  describe("eth_getStorageValues", () => {
    it("gives what eth_getStorageAt gives for each, in the order asked for", async () => {
      const values = await result<Record<Hex, Hex[]>>(
        node,
        "eth_getStorageValues",
        { [L1_CONTEXT_ADDRESS]: [slot(4), slot(0), slot(0)], [EMPTY]: [slot(0)], [OUTBOX_ADDRESS]: [] },
        "latest",
      );
      const at = (account: Hex, number: number) => result(node, "eth_getStorageAt", account, slot(number), "latest");
      expect(values).to.eql({
        [L1_CONTEXT_ADDRESS]: [
          await at(L1_CONTEXT_ADDRESS, 4),
          await at(L1_CONTEXT_ADDRESS, 0),
          await at(L1_CONTEXT_ADDRESS, 0),
        ],
        [EMPTY]: [slot(0)],
        [OUTBOX_ADDRESS]: [],
      });
      expect(values[L1_CONTEXT_ADDRESS]?.[1]).to.equal(slot(100));
    });

    it("reads the block named, latest if none is", async () => {
      const request = { [L1_CONTEXT_ADDRESS]: ["0x0"] };
      expect(await result(node, "eth_getStorageValues", request, "earliest")).to.eql({
        [L1_CONTEXT_ADDRESS]: [slot(0)],
      });
      expect(await result(node, "eth_getStorageValues", request)).to.eql({ [L1_CONTEXT_ADDRESS]: [slot(100)] });
      expect((await ask(node, "eth_getStorageValues", request, "0xffff")).error?.message).to.include(
        "header not found",
      );
    });

    it("refuses empty, too large and malformed requests", async () => {
      const error = async (request: unknown) => (await ask(node, "eth_getStorageValues", request, "latest")).error;
      for (const empty of [{}, { [EMPTY]: [] }]) {
        expect(await error(empty)).to.eql({ code: -32602, message: "empty request" });
      }
      const half = Array.from({ length: 513 }, (_, index) => slot(index));
      expect(await error({ [EMPTY]: half, [OUTBOX_ADDRESS]: half })).to.eql({
        code: -38026,
        message: "too many slots (max 1024), got 1026",
      });
      expect(await error({ [EMPTY]: half.slice(1), [OUTBOX_ADDRESS]: half.slice(1) })).to.equal(undefined);
      for (const malformed of [[], "0x", null, { "0x12": [slot(0)] }, { [EMPTY]: slot(0) }, { [EMPTY]: ["0xzz"] }]) {
        expect((await error(malformed))?.code, JSON.stringify(malformed)).to.equal(-32602);
      }
    });
  });

  describe("eth_config", () => {
    it("names the one fork there is, with the precompiles and system contracts that are there", async () => {
      const { current, next, last } = await result<{ current: Config; next: null; last: null }>(node, "eth_config");
      expect([next, last]).to.eql([null, null]);
      const { precompiles, systemContracts, ...rest } = current;
      expect(rest).to.eql({
        activationTime: 0,
        blobSchedule: null,
        chainId: `0x${CHAIN_ID.toString(16)}`,
        forkId: `0x${crc32(hexToBytes(node.config.genesisHash)).toString(16).padStart(8, "0")}`,
      });
      expect(Object.values(precompiles)).to.eql([...(await loadPrecompiles()).keys()]);
      expect(Object.keys(systemContracts)).to.eql(["HISTORY_STORAGE_ADDRESS"]);
      for (const address of Object.values(systemContracts)) {
        expect(address).not.to.be.oneOf([FEE_VAULT_ADDRESS, L1_CONTEXT_ADDRESS, OUTBOX_ADDRESS]);
        expect(await result(node, "eth_getCode", address, "latest")).not.to.equal("0x");
      }
    });
  });
});

interface Config {
  readonly precompiles: Readonly<Record<string, Hex>>;
  readonly systemContracts: Readonly<Record<string, Hex>>;
}
