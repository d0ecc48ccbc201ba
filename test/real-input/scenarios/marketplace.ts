import { loadArtifact } from "../artifact.ts";
import { ether, expectEqual, FAR_FUTURE, type Scenario } from "./scenario.ts";

const ERC721 = loadArtifact("openzeppelin-contracts-4/build/contracts/ERC721PresetMinterPauserAutoId.json");
const SEAPORT_ARTIFACTS = "@opensea/seaport-js/src/artifacts/seaport/contracts";
const SEAPORT = loadArtifact(`${SEAPORT_ARTIFACTS}/Seaport.sol/Seaport.json`);
const CONDUIT_CONTROLLER = loadArtifact(
  `${SEAPORT_ARTIFACTS}/conduit/ConduitController.sol/LocalConduitController.json`,
);

const ZERO_ADDRESS = `0x${"00".repeat(20)}`;
const ZERO_BYTES32 = `0x${"00".repeat(32)}`;
const NATIVE = 0;
const ERC721_ITEM = 2;

const ORDER_TYPES = {
  OrderComponents: [
    { name: "offerer", type: "address" },
    { name: "zone", type: "address" },
    { name: "offer", type: "OfferItem[]" },
    { name: "consideration", type: "ConsiderationItem[]" },
    { name: "orderType", type: "uint8" },
    { name: "startTime", type: "uint256" },
    { name: "endTime", type: "uint256" },
    { name: "zoneHash", type: "bytes32" },
    { name: "salt", type: "uint256" },
    { name: "conduitKey", type: "bytes32" },
    { name: "counter", type: "uint256" },
  ],
  OfferItem: [
    { name: "itemType", type: "uint8" },
    { name: "token", type: "address" },
    { name: "identifierOrCriteria", type: "uint256" },
    { name: "startAmount", type: "uint256" },
    { name: "endAmount", type: "uint256" },
  ],
  ConsiderationItem: [
    { name: "itemType", type: "uint8" },
    { name: "token", type: "address" },
    { name: "identifierOrCriteria", type: "uint256" },
    { name: "startAmount", type: "uint256" },
    { name: "endAmount", type: "uint256" },
    { name: "recipient", type: "address" },
  ],
};

export const marketplace: readonly Scenario[] = [
  {
    name: "Seaport: a signed listing is bought, seller and royalty are paid",
    async run(client) {
      const [, seller, buyer] = client.accounts as [`0x${string}`, `0x${string}`, `0x${string}`];
      const royaltyReceiver = "0x00000000000000000000000000000000000a0e57";
      const controller = await client.deploy(CONDUIT_CONTROLLER);
      const seaport = await client.deploy(SEAPORT, [controller.address]);
      const art = await client.deploy(ERC721, ["Art", "ART", "https://example.org/"]);
      await client.send(art, "mint", [seller]);
      await client.send(art, "setApprovalForAll", [seaport.address, true], { from: 1 });

      const parameters = {
        offerer: seller,
        zone: ZERO_ADDRESS,
        offer: [
          { itemType: ERC721_ITEM, token: art.address, identifierOrCriteria: 0n, startAmount: 1n, endAmount: 1n },
        ],
        consideration: [
          {
            itemType: NATIVE,
            token: ZERO_ADDRESS,
            identifierOrCriteria: 0n,
            startAmount: ether(0.95),
            endAmount: ether(0.95),
            recipient: seller,
          },
          {
            itemType: NATIVE,
            token: ZERO_ADDRESS,
            identifierOrCriteria: 0n,
            startAmount: ether(0.05),
            endAmount: ether(0.05),
            recipient: royaltyReceiver,
          },
        ],
        orderType: 0,
        startTime: 0n,
        endTime: FAR_FUTURE,
        zoneHash: ZERO_BYTES32,
        salt: 1n,
        conduitKey: ZERO_BYTES32,
      };
      const signature = await client.signTypedData(
        1,
        { name: "Seaport", version: "1.6", chainId: client.chainId, verifyingContract: seaport.address },
        ORDER_TYPES,
        "OrderComponents",
        { ...parameters, counter: 0n },
      );
      const [sellerBefore, royaltyBefore] = [await client.balance(seller), await client.balance(royaltyReceiver)];
      await client.send(
        seaport,
        "fulfillOrder",
        [{ parameters: { ...parameters, totalOriginalConsiderationItems: 2n }, signature }, ZERO_BYTES32],
        { from: 2, value: ether(1) },
      );
      expectEqual(await client.read(art, "ownerOf", [0n]), buyer, "owner after the sale");
      expectEqual((await client.balance(seller)) - sellerBefore, ether(0.95), "paid to the seller");
      expectEqual((await client.balance(royaltyReceiver)) - royaltyBefore, ether(0.05), "paid as royalty");
    },
  },
];
