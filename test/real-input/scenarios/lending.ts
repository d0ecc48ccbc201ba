import { loadArtifact, type Artifact } from "../artifact.ts";
import type { Client, Deployed } from "../client.ts";
import { ether, expectEqual, expectTrue, type Scenario } from "./scenario.ts";

const AAVE = "@aave/core-v3/artifacts/contracts";
const aave = (path: string): Artifact => loadArtifact(`${AAVE}/${path}`);

const ADDRESSES_PROVIDER = aave("protocol/configuration/PoolAddressesProvider.sol/PoolAddressesProvider.json");
const ACL_MANAGER = aave("protocol/configuration/ACLManager.sol/ACLManager.json");
const ORACLE = aave("misc/AaveOracle.sol/AaveOracle.json");
const PRICE_FEED = aave("mocks/oracle/CLAggregators/MockAggregator.sol/MockAggregator.json");
const POOL = aave("protocol/pool/Pool.sol/Pool.json");
const CONFIGURATOR = aave("protocol/pool/PoolConfigurator.sol/PoolConfigurator.json");
const RATE_STRATEGY = aave(
  "protocol/pool/DefaultReserveInterestRateStrategy.sol/DefaultReserveInterestRateStrategy.json",
);
const A_TOKEN = aave("protocol/tokenization/AToken.sol/AToken.json");
const STABLE_DEBT = aave("protocol/tokenization/StableDebtToken.sol/StableDebtToken.json");
const VARIABLE_DEBT = aave("protocol/tokenization/VariableDebtToken.sol/VariableDebtToken.json");
const TOKEN = aave("mocks/tokens/MintableERC20.sol/MintableERC20.json");

const ZERO_ADDRESS = `0x${"00".repeat(20)}`;
const VARIABLE_RATE = 2n;
const RAY = 10n ** 27n;

/** Deploys `artifact` after the libraries it links, each once. */
async function deployLinked(
  client: Client,
  artifact: Artifact,
  args: readonly unknown[],
  libraries: Map<string, string>,
): Promise<Deployed> {
  for (const [source, names] of Object.entries(artifact.linkReferences)) {
    for (const library of Object.keys(names)) {
      if (libraries.has(library)) continue;
      const path = source.replace(/^contracts\//, "");
      const deployed = await deployLinked(client, aave(`${path}/${library}.json`), [], libraries);
      libraries.set(library, deployed.address);
    }
  }
  return client.deploy(artifact, args, libraries);
}

export const lending: readonly Scenario[] = [
  {
    name: "Aave v3: a market is set up; supply, borrow, interest, repay, withdraw",
    async run(client) {
      const [admin, lender, borrower] = client.accounts as [`0x${string}`, `0x${string}`, `0x${string}`];
      const libraries = new Map<string, string>();
      const provider = await client.deploy(ADDRESSES_PROVIDER, ["Onestep", admin]);
      await client.send(provider, "setACLAdmin", [admin]);
      const acl = await client.deploy(ACL_MANAGER, [provider.address]);
      await client.send(provider, "setACLManager", [acl.address]);
      await client.send(acl, "addPoolAdmin", [admin]);
      await client.send(acl, "addAssetListingAdmin", [admin]);

      const dollar = await client.deploy(TOKEN, ["Dollar", "USD", 18]);
      const gold = await client.deploy(TOKEN, ["Gold", "XAU", 18]);
      const feeds = [await client.deploy(PRICE_FEED, [1_00000000n]), await client.deploy(PRICE_FEED, [2000_00000000n])];
      const oracle = await client.deploy(ORACLE, [
        provider.address,
        [dollar.address, gold.address],
        feeds.map(({ address }) => address),
        ZERO_ADDRESS,
        ZERO_ADDRESS,
        1_00000000n,
      ]);
      await client.send(provider, "setPriceOracle", [oracle.address]);

      const poolCode = await deployLinked(client, POOL, [provider.address], libraries);
      await client.send(provider, "setPoolImpl", [poolCode.address]);
      const configuratorCode = await deployLinked(client, CONFIGURATOR, [], libraries);
      await client.send(provider, "setPoolConfiguratorImpl", [configuratorCode.address]);
      const pool: Deployed = { address: await client.read(provider, "getPool"), abi: POOL.abi };
      const configurator: Deployed = {
        address: await client.read(provider, "getPoolConfigurator"),
        abi: CONFIGURATOR.abi,
      };

      const [aToken, stableDebt, variableDebt] = [
        await client.deploy(A_TOKEN, [pool.address]),
        await client.deploy(STABLE_DEBT, [pool.address]),
        await client.deploy(VARIABLE_DEBT, [pool.address]),
      ];
      const strategy = await client.deploy(RATE_STRATEGY, [
        provider.address,
        (8n * RAY) / 10n,
        0n,
        (4n * RAY) / 100n,
        (75n * RAY) / 100n,
        (5n * RAY) / 1000n,
        (75n * RAY) / 100n,
        RAY / 100n,
        (8n * RAY) / 100n,
        RAY / 5n,
      ]);
      await client.send(configurator, "initReserves", [
        [dollar, gold].map((asset, i) => ({
          aTokenImpl: aToken.address,
          stableDebtTokenImpl: stableDebt.address,
          variableDebtTokenImpl: variableDebt.address,
          underlyingAssetDecimals: 18,
          interestRateStrategyAddress: strategy.address,
          underlyingAsset: asset.address,
          treasury: admin,
          incentivesController: ZERO_ADDRESS,
          aTokenName: `Supplied ${i}`,
          aTokenSymbol: `a${i}`,
          variableDebtTokenName: `Variable debt ${i}`,
          variableDebtTokenSymbol: `v${i}`,
          stableDebtTokenName: `Stable debt ${i}`,
          stableDebtTokenSymbol: `s${i}`,
          params: "0x10",
        })),
      ]);
      await client.send(configurator, "setReserveBorrowing", [dollar.address, true]);
      await client.send(configurator, "configureReserveAsCollateral", [gold.address, 8000n, 8500n, 10500n]);

      const mintAndApprove = async (token: Deployed, from: number, amount: bigint): Promise<void> => {
        await client.send(token, "mint", [client.accounts[from], amount], { from });
        await client.send(token, "approve", [pool.address, 2n ** 256n - 1n], { from });
      };
      await mintAndApprove(dollar, 1, ether(100_000));
      await mintAndApprove(gold, 2, ether(10));
      await client.send(pool, "supply", [dollar.address, ether(100_000), lender, 0], { from: 1 });
      await client.send(pool, "supply", [gold.address, ether(10), borrower, 0], { from: 2 });
      await client.send(pool, "borrow", [dollar.address, ether(10_000), VARIABLE_RATE, 0, borrower], { from: 2 });
      expectEqual(await client.read(dollar, "balanceOf", [borrower]), ether(10_000), "borrowed");

      const [collateral, debt] = await client.read<readonly bigint[]>(pool, "getUserAccountData", [borrower]);
      expectEqual(collateral!, 20_000_00000000n, "collateral in the oracle's unit");
      expectTrue(debt! >= 10_000_00000000n, "debt in the oracle's unit");

      await client.send(dollar, "approve", [pool.address, 2n ** 256n - 1n], { from: 2 });
      await client.send(pool, "repay", [dollar.address, ether(4_000), VARIABLE_RATE, borrower], { from: 2 });
      const after = await client.read<readonly bigint[]>(pool, "getUserAccountData", [borrower]);
      expectTrue(after[1]! >= 6_000_00000000n && after[1]! < 6_001_00000000n, "debt after the repayment");

      await client.send(pool, "withdraw", [dollar.address, ether(50_000), lender], { from: 1 });
      expectEqual(await client.read(dollar, "balanceOf", [lender]), ether(50_000), "withdrawn by the lender");
    },
  },
];
