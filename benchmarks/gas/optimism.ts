import type { network } from "hardhat";
import { peerArtifact } from "./peer-artifact.ts";
import type { PeerPackage } from "./peer-artifact.ts";

type Connection = Awaited<ReturnType<typeof network.create>>;

const CONTRACTS: PeerPackage = {
  name: "@eth-optimism/contracts-bedrock",
  version: "0.17.3",
  sha512: "cHPO7ntWeOBDLO7ZFFSZGI1D7CDqf4loRbRVJrFIsqLEz+hysWIqA0e3dv2GnrjVeuYePBfI2NTBEG4uwz9bQQ==",
};

/** The default of every OP chain. */
const RESOURCES = {
  maxResourceLimit: 20_000_000,
  elasticityMultiplier: 10,
  baseFeeMaxChangeDenominator: 8,
  minimumBaseFee: 1_000_000_000,
  systemTxMaxGas: 1_000_000,
  maximumBaseFee: 2n ** 128n - 1n,
};

/**
 * The contracts of an OP chain that take messages and tokens from L1, each behind a proxy as on mainnet, though a plain one: those
 * of messenger and bridge there cost a little more.
 */
export async function deployOptimism({ ethers }: Connection) {
  const [admin, user] = await ethers.getSigners();
  if (admin === undefined || user === undefined) throw new Error("expected two accounts");
  const deploy = async (name: string, ...args: readonly unknown[]) => {
    const { abi, bytecode } = await peerArtifact(CONTRACTS, `forge-artifacts/${name}.sol/${name}.json`);
    return new ethers.ContractFactory([...abi] as never, bytecode, admin).deploy(...args);
  };
  const proxied = async (name: string) => {
    const implementation = await deploy(name);
    const proxy = await deploy("Proxy", admin.address);
    await (await proxy.getFunction("upgradeTo")(await implementation.getAddress())).wait();
    const { abi } = await peerArtifact(CONTRACTS, `forge-artifacts/${name}.sol/${name}.json`);
    return new ethers.Contract(await proxy.getAddress(), [...abi] as never, user);
  };
  const [config, superchain, portal, messenger, bridge] = [
    await proxied("SystemConfig"),
    await proxied("SuperchainConfig"),
    await proxied("OptimismPortal"),
    await proxied("L1CrossDomainMessenger"),
    await proxied("L1StandardBridge"),
  ];
  const addresses = {
    l1CrossDomainMessenger: messenger,
    l1ERC721Bridge: admin,
    l1StandardBridge: bridge,
    disputeGameFactory: admin,
    optimismPortal: portal,
    optimismMintableERC20Factory: admin,
    gasPayingToken: "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE",
  };
  const initialize = async (contract: typeof config, ...args: readonly unknown[]) =>
    (await contract.getFunction("initialize")(...args)).wait();
  const word = ethers.zeroPadValue(admin.address, 32);
  await initialize(config, admin, 1, 1, word, 30_000_000, admin, RESOURCES, admin, addresses);
  await initialize(superchain, admin, false);
  await initialize(portal, admin, config, superchain);
  await initialize(messenger, superchain, portal, config);
  await initialize(bridge, messenger, superchain, config);
  return { user, portal, messenger, bridge };
}
