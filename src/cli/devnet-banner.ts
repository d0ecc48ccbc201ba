import { getAddress } from "viem";
import type { DevnetInfo } from "../devnet/index.ts";
import { formatTable } from "./output.ts";

/** Where the commands look unless they are told. */
const USUAL_L1 = "http://127.0.0.1:8545";
const USUAL_L2 = "http://127.0.0.1:9545";

/** What `onestep devnet` prints when everything runs. */
export function describeDevnet({
  l1,
  l2,
  contracts,
  l1Bridges,
  predeploys,
  roles,
  accounts,
  challengePeriod,
  rollupConfig,
}: DevnetInfo): string {
  const table = (rows: readonly (readonly [string, string])[]): string =>
    formatTable(rows.map(([name, value]) => [`  ${name}`, value]));
  const known = accounts.flatMap(({ address, privateKey }) =>
    privateKey === undefined ? [] : [{ address, privateKey }],
  );
  const key = known[0]?.privateKey ?? "0x…";
  const isUsual = l1.rpcUrl === USUAL_L1 && l2.rpcUrl === USUAL_L2 && known.length > 0;
  const endpoints = isUsual ? "" : ` --l1-rpc-url ${l1.rpcUrl} --rpc-url ${l2.rpcUrl}`;
  return [
    "",
    "Onestep devnet is running.",
    "",
    "Networks",
    table([
      ["L1", `${l1.rpcUrl}  chain id ${l1.chainId}`],
      ["L2", `${l2.rpcUrl}  chain id ${l2.chainId}  (WebSocket ${l2.webSocketUrl}; /healthz, /ready, /metrics)`],
      ["feed", l2.feedUrl],
      ["blobs", l2.beaconUrl],
      ["configuration", rollupConfig],
    ]),
    "",
    known.length > 0
      ? "Accounts with ETH on both layers. Everybody knows these keys: never send real ETH to them."
      : "Account",
    table(
      accounts.map(({ address, privateKey }) => [getAddress(address), privateKey ?? "the deployer's, with ETH on L2"]),
    ),
    "",
    "L1 contracts",
    table([
      ["Rollup", getAddress(contracts.rollup)],
      ["Inbox", getAddress(contracts.inbox)],
      ["StateCommitmentChain", getAddress(contracts.stateCommitmentChain)],
      ["ChallengeGame", getAddress(contracts.challengeGame)],
      ["Portal", getAddress(contracts.portal)],
      ["OneStepProver", getAddress(contracts.prover)],
      ["L1Messenger", getAddress(l1Bridges.messenger)],
      ["L1ERC20Bridge", getAddress(l1Bridges.erc20Bridge)],
      ["L1ERC721Bridge", getAddress(l1Bridges.erc721Bridge)],
      ["L1ERC1155Bridge", getAddress(l1Bridges.erc1155Bridge)],
      ["operator", getAddress(roles.operator)],
      ["proposer", getAddress(roles.proposer)],
      ["challenger", getAddress(roles.challenger)],
      ["challenge period", `${challengePeriod} s`],
    ]),
    "",
    "L2 contracts",
    table([
      ["L1Context", getAddress(predeploys.l1Context)],
      ["Outbox", getAddress(predeploys.outbox)],
      ["FeeVault", getAddress(predeploys.feeVault)],
      ["L2Messenger", getAddress(predeploys.messenger)],
      ["L2ERC20Bridge", getAddress(predeploys.erc20Bridge)],
      ["L2ERC721Bridge", getAddress(predeploys.erc721Bridge)],
      ["L2ERC1155Bridge", getAddress(predeploys.erc1155Bridge)],
      ["WrappedEther", getAddress(predeploys.wrappedEther)],
    ]),
    "",
    "Wallet",
    table([
      ["network name", "Onestep devnet"],
      ["RPC URL", l2.rpcUrl],
      ["chain id", String(l2.chainId)],
      ["currency", "ETH"],
    ]),
    "",
    "hardhat.config.ts",
    `  networks: { onestep: { type: "http", url: "${l2.rpcUrl}", accounts: ["${key}"] } }`,
    "",
    "Foundry",
    `  forge create --rpc-url ${l2.rpcUrl} --private-key ${key} --broadcast src/Counter.sol:Counter`,
    "",
    "Deposit and withdraw",
    `  npx onestep deposit 0.1ether --private-key ${key}${endpoints}    then withdraw, status, finalize: see --help`,
    `  npm run demo${isUsual ? "" : ` -- --l1-rpc-url ${l1.rpcUrl} --l2-rpc-url ${l2.rpcUrl}${known.length > 0 ? "" : " --private-key 0x…"}`}    in a clone`,
    "",
    "",
  ].join("\n");
}
