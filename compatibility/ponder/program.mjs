// Ponder indexes events, calls (by traces), transactions of an account, deposits among them, and every block: what is there
// when it starts, what comes later, and what a reorganisation takes back.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createTestClient, defineChain, http, publicActions, walletActions } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const { L2_RPC_URL, L2_CHAIN_ID, PRIVATE_KEY, COUNTER } = process.env;
const { abi, bytecode } = JSON.parse(readFileSync(COUNTER, "utf8"));
const done = (what) => console.log(what);

const chain = defineChain({
  id: Number(L2_CHAIN_ID),
  name: "Onestep",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [L2_RPC_URL] } },
});
const account = privateKeyToAccount(PRIVATE_KEY);
const client = createTestClient({ mode: "hardhat", account, chain, transport: http(), pollingInterval: 100 })
  .extend(publicActions)
  .extend(walletActions);
const mined = async (sent) => client.waitForTransactionReceipt({ hash: await sent });

const { contractAddress: address } = await mined(client.deployContract({ abi, bytecode, args: [1n] }));
const setNumber = (number) => mined(client.writeContract({ address, abi, functionName: "setNumber", args: [number] }));
await setNumber(7n);
// The first transaction of block 1 is the deposit that a devnet begins with; its sender is the account on L1.
const [first] = (await client.getBlock({ blockNumber: 1n, includeTransactions: true })).transactions;

const port = await freePort();
for (const folder of [".ponder", "generated"])
  rmSync(join(import.meta.dirname, folder), { recursive: true, force: true });
const environment = { DEPLOYED_COUNTER: address, DEPOSITOR: first.from, PONDER_TELEMETRY_DISABLED: "true" };
const ponder = spawn("ponder", ["dev", "--disable-ui", "--port", String(port), "--hostname", "127.0.0.1"], {
  cwd: import.meta.dirname,
  env: { ...process.env, ...environment },
});
let log = "";
for (const stream of [ponder.stdout, ponder.stderr]) stream.on("data", (text) => (log += text));

try {
  await indexed([7n]);
  done("indexes what there is: events, calls by their traces");
  const { deposits } = await query("{ deposits { items { type nonce } } }");
  assert.ok(deposits.items.length > 0);
  for (const { nonce } of deposits.items) assert.ok(nonce <= 2 ** 31 - 1);
  done("indexes deposits");

  await setNumber(8n);
  await indexed([7n, 8n]);
  done("follows the chain");

  const id = await client.snapshot();
  await setNumber(9n);
  await indexed([7n, 8n, 9n]);
  await client.revert({ id });
  await setNumber(10n);
  await indexed([7n, 8n, 10n]);
  done("goes back with a reorganisation");

  const head = await client.getBlock();
  const { blocks } = await query(
    '{ blocks(orderBy: "number", orderDirection: "desc", limit: 1000) { items { number hash } } }',
  );
  for (const { number, hash } of blocks.items) {
    assert.equal(hash, (await client.getBlock({ blockNumber: BigInt(number) })).hash);
  }
  assert.ok(BigInt(blocks.items.length) > head.number);
  done("has every block from 0");
} catch (error) {
  console.error(log.slice(-4_000));
  throw error;
} finally {
  ponder.kill("SIGKILL");
  await once(ponder, "exit");
}

/** Waits until Ponder has these numbers from events, and from calls, in the order of blocks. */
async function indexed(numbers) {
  const wanted = JSON.stringify(numbers.map(String));
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await query(
      '{ numberSets(orderBy: "block") { items { number } } calls { items { number } } }',
    ).catch((error) => ({ error }));
    const found = (of) => JSON.stringify(answer[of]?.items.map(({ number }) => number).sort((a, b) => a - b));
    if (found("numberSets") === wanted && found("calls") === wanted) return;
    if (ponder.exitCode !== null) throw new Error(`Ponder ended with ${ponder.exitCode}`);
    if (Date.now() > deadline) throw new Error(`waited 60 s for ${wanted}; Ponder has ${JSON.stringify(answer)}`);
    await pause(200);
  }
}

async function query(text) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: text }),
  });
  const { data, errors } = await response.json();
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}
