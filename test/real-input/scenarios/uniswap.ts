import { loadArtifact } from "../artifact.ts";
import type { Client, Deployed } from "../client.ts";
import { ether, expectEqual, expectTrue, FAR_FUTURE, type Scenario } from "./scenario.ts";

const ERC20 = loadArtifact("openzeppelin-contracts-4/build/contracts/ERC20PresetMinterPauser.json");
const WETH = loadArtifact("@uniswap/v2-periphery/build/WETH9.json");
const V2_FACTORY = loadArtifact("@uniswap/v2-core/build/UniswapV2Factory.json");
const V2_PAIR = loadArtifact("@uniswap/v2-core/build/UniswapV2Pair.json");
const V2_ROUTER = loadArtifact("@uniswap/v2-periphery/build/UniswapV2Router02.json");
const V3_FACTORY = loadArtifact("@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json");
const V3_POOL = loadArtifact("@uniswap/v3-core/artifacts/contracts/UniswapV3Pool.sol/UniswapV3Pool.json");
const V3_POSITIONS = loadArtifact(
  "@uniswap/v3-periphery/artifacts/contracts/NonfungiblePositionManager.sol/NonfungiblePositionManager.json",
);
const V3_ROUTER = loadArtifact("@uniswap/v3-periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json");

async function deployTokens(client: Client): Promise<[Deployed, Deployed]> {
  const [owner] = client.accounts;
  const deployed: Deployed[] = [];
  for (const symbol of ["AAA", "BBB"]) {
    const token = await client.deploy(ERC20, [symbol, symbol]);
    await client.send(token, "mint", [owner, ether(1_000_000)]);
    deployed.push(token);
  }
  deployed.sort((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1));
  return deployed as [Deployed, Deployed];
}

export const uniswap: readonly Scenario[] = [
  {
    name: "Uniswap v2: pool, liquidity, token and ether swaps, removal",
    async run(client) {
      const [owner, trader] = client.accounts as [`0x${string}`, `0x${string}`];
      const weth = await client.deploy(WETH);
      const factory = await client.deploy(V2_FACTORY, [owner]);
      const router = await client.deploy(V2_ROUTER, [factory.address, weth.address]);
      const [tokenA, tokenB] = await deployTokens(client);
      for (const token of [tokenA, tokenB]) await client.send(token, "approve", [router.address, 2n ** 256n - 1n]);

      await client.send(router, "addLiquidity", [
        tokenA.address,
        tokenB.address,
        ether(1000),
        ether(4000),
        0n,
        0n,
        owner,
        FAR_FUTURE,
      ]);
      const pair: Deployed = {
        address: await client.read(factory, "getPair", [tokenA.address, tokenB.address]),
        abi: V2_PAIR.abi,
      };
      expectEqual(await client.read(pair, "totalSupply"), ether(2000), "liquidity is the geometric mean");

      const path = [tokenA.address, tokenB.address];
      const amounts = await client.read<readonly bigint[]>(router, "getAmountsOut", [ether(10), path]);
      await client.send(router, "swapExactTokensForTokens", [ether(10), 0n, path, trader, FAR_FUTURE]);
      // x·y = k with the 0.3 % fee: 4000·9.97/1009.97
      expectEqual(
        amounts[1]!,
        (ether(4000) * ether(10) * 997n) / (ether(1000) * 1000n + ether(10) * 997n),
        "quoted output",
      );
      expectEqual(await client.read(tokenB, "balanceOf", [trader]), amounts[1]!, "what the trader got");

      await client.send(router, "addLiquidityETH", [tokenA.address, ether(1000), 0n, 0n, owner, FAR_FUTURE], {
        value: ether(1),
      });
      await client.send(router, "swapExactETHForTokens", [0n, [weth.address, tokenA.address], trader, FAR_FUTURE], {
        from: 1,
        value: ether(0.1),
      });
      expectTrue((await client.read<bigint>(tokenA, "balanceOf", [trader])) > ether(90), "an ether swap pays tokens");

      await client.send(pair, "approve", [router.address, ether(500)]);
      await client.send(router, "removeLiquidity", [
        tokenA.address,
        tokenB.address,
        ether(500),
        0n,
        0n,
        owner,
        FAR_FUTURE,
      ]);
      expectEqual(await client.read(pair, "totalSupply"), ether(1500), "liquidity after removal");
    },
  },
  {
    name: "Uniswap v3: pool, concentrated position, swap, fees collected",
    async run(client) {
      const [owner, trader] = client.accounts as [`0x${string}`, `0x${string}`];
      const weth = await client.deploy(WETH);
      const factory = await client.deploy(V3_FACTORY);
      // The descriptor only serves tokenURI, which the scenario does not read.
      const positions = await client.deploy(V3_POSITIONS, [factory.address, weth.address, weth.address]);
      const router = await client.deploy(V3_ROUTER, [factory.address, weth.address]);
      const [token0, token1] = await deployTokens(client);
      for (const token of [token0, token1]) {
        await client.send(token, "approve", [positions.address, 2n ** 256n - 1n]);
        await client.send(token, "approve", [router.address, 2n ** 256n - 1n]);
      }
      const fee = 3000n;
      const priceOne = 2n ** 96n;
      await client.send(positions, "createAndInitializePoolIfNecessary", [
        token0.address,
        token1.address,
        fee,
        priceOne,
      ]);
      const pool: Deployed = {
        address: await client.read(factory, "getPool", [token0.address, token1.address, fee]),
        abi: V3_POOL.abi,
      };
      await client.send(positions, "mint", [
        {
          token0: token0.address,
          token1: token1.address,
          fee,
          tickLower: -6000n,
          tickUpper: 6000n,
          amount0Desired: ether(10_000),
          amount1Desired: ether(10_000),
          amount0Min: 0n,
          amount1Min: 0n,
          recipient: owner,
          deadline: FAR_FUTURE,
        },
      ]);
      expectTrue(
        (await client.read<bigint>(pool, "liquidity")) > 0n,
        "the position gives liquidity at the current price",
      );

      await client.send(router, "exactInputSingle", [
        {
          tokenIn: token0.address,
          tokenOut: token1.address,
          fee,
          recipient: trader,
          deadline: FAR_FUTURE,
          amountIn: ether(100),
          amountOutMinimum: ether(99),
          sqrtPriceLimitX96: 0n,
        },
      ]);
      const received = await client.read<bigint>(token1, "balanceOf", [trader]);
      expectTrue(received > ether(99) && received < ether(99.7), "the swap pays about 1:1 less the 0.3 % fee");
      const [, tick] = await client.read<readonly [bigint, number | bigint]>(pool, "slot0");
      expectTrue(Number(tick) < 0, "selling token 0 moves the price down");

      const before = await client.read<bigint>(token0, "balanceOf", [owner]);
      await client.send(positions, "collect", [
        { tokenId: 1n, recipient: owner, amount0Max: 2n ** 128n - 1n, amount1Max: 2n ** 128n - 1n },
      ]);
      const fees = (await client.read<bigint>(token0, "balanceOf", [owner])) - before;
      expectTrue(fees > ether(0.29) && fees <= ether(0.3), "the position earned the swap fee");
    },
  },
];
