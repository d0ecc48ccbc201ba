import type { network } from "hardhat";
import { peerArtifact } from "./peer-artifact.ts";
import type { PeerPackage } from "./peer-artifact.ts";

type Connection = Awaited<ReturnType<typeof network.create>>;

const ROLLUP: PeerPackage = {
  name: "@arbitrum/nitro-contracts",
  version: "1.1.1",
  sha512: "4Tyk3XVHz+bm8UujUC78LYSw3xAxyYvBCxfEX4z3qE4/ww7Qck/rmce5gbHMzQjArEAzAP2YSfYIFuIFuRXtfg==",
};

const TOKEN_BRIDGE: PeerPackage = {
  name: "@arbitrum/token-bridge-contracts",
  version: "1.2.5",
  sha512: "wIekHs2hNGt0uxlKN8NiEcAoiN1Y4rN9jhbx/BX8T6E1B6XsabrLNVRs0lbsn7uLhV5Z61OaRTy9HirGmTs5+A==",
};

const PROXY =
  "build/contracts/@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol/TransparentUpgradeableProxy.json";
const GATEWAYS = "build/contracts/contracts/tokenbridge/ethereum/gateway";
const BRIDGE = "build/contracts/src/bridge";

/** The contracts of an Arbitrum chain that take messages and tokens from L1, each behind its proxy as on mainnet. */
export async function deployArbitrum({ ethers }: Connection) {
  const [admin, user, owner] = await ethers.getSigners();
  if (admin === undefined || user === undefined || owner === undefined) throw new Error("expected three accounts");
  const deploy = async (of: PeerPackage, path: string, ...args: readonly unknown[]) => {
    const { abi, bytecode } = await peerArtifact(of, path);
    return new ethers.ContractFactory([...abi] as never, bytecode, admin).deploy(...args);
  };
  const proxied = async (of: PeerPackage, path: string, ...args: readonly unknown[]) => {
    const implementation = await deploy(of, path, ...args);
    const proxy = await deploy(ROLLUP, PROXY, await implementation.getAddress(), admin.address, "0x");
    return new ethers.Contract(await proxy.getAddress(), implementation.interface, user);
  };
  const bridge = await proxied(ROLLUP, `${BRIDGE}/Bridge.sol/Bridge.json`);
  const inbox = await proxied(ROLLUP, `${BRIDGE}/Inbox.sol/Inbox.json`, 117_964);
  const gateway = await proxied(TOKEN_BRIDGE, `${GATEWAYS}/L1ERC20Gateway.sol/L1ERC20Gateway.json`);
  const router = await proxied(TOKEN_BRIDGE, `${GATEWAYS}/L1GatewayRouter.sol/L1GatewayRouter.json`);
  const initialize = async (contract: typeof bridge, ...args: readonly unknown[]) =>
    (await contract.getFunction("initialize")(...args)).wait();
  // The owner stands in for the rollup contract, which none of these calls while messages are sent.
  await initialize(bridge, owner);
  await (await bridge.connect(owner).getFunction("setDelayedInbox")(inbox, true)).wait();
  await initialize(inbox, bridge, owner);
  const counterpart = "0x00000000000000000000000000000000000000c0";
  await initialize(gateway, counterpart, router, inbox, ethers.id("proxy"), counterpart);
  await initialize(router, owner, gateway, ethers.ZeroAddress, counterpart, inbox);
  return { user, inbox, router, gateway };
}
