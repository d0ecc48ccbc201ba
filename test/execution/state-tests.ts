import { existsSync, readdirSync } from "node:fs";
import {
  STATE_TEST_CHAIN_ID,
  blobBaseFee,
  environmentOf,
  judge,
  openPreState,
} from "../../scripts/conformance/state-tests.ts";
import type { StateTest, StateTestOutcome, StateTestPost } from "../../scripts/conformance/state-tests.ts";
import { createExecutingCommon } from "../../src/reference/osaka-common.ts";
import { InvalidTransactionError, decodeTransaction, describeSkip } from "../../src/ethereum/index.ts";
import { messageOfSigned } from "../../src/execution/index.ts";
import { hexToBytes } from "../../src/primitives/index.ts";
import { createEvmExecutor } from "../../src/reference/evm-executor.ts";
import type { EvmExecutor } from "../../src/reference/evm-executor.ts";
import { processTransaction } from "../../src/reference/transaction-processor.ts";

export { readStateTests } from "../../scripts/conformance/state-tests.ts";

export const STATE_TESTS = new URL("../../../shared/vectors/state/", import.meta.url);

/** In a `describe`, whether the official state tests are there; if not, a test says that what needs them is skipped. */
export function hasStateTests(): boolean {
  const isThere = existsSync(STATE_TESTS);
  if (!isThere) it.skip("skipped: the vectors are not beside the project (../shared/vectors/state)");
  return isThere;
}

/** Names of the files of state tests in a folder. */
export function stateTestFiles(folder: URL): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ndjson.gz"))
    .sort();
}

export function createStateTestExecutor(): Promise<EvmExecutor> {
  return createExecutingCommon(STATE_TEST_CHAIN_ID).then(createEvmExecutor);
}

/** Runs one post entry on ethereumjs's EVM through the rules of a transaction, with data price 0. */
export async function runStateTest(
  executor: EvmExecutor,
  test: StateTest,
  post: StateTestPost,
): Promise<StateTestOutcome> {
  const view = openPreState(test);
  executor.reset(() => view);
  const environment = environmentOf(test);
  try {
    const transaction = decodeTransaction(hexToBytes(post.txbytes), STATE_TEST_CHAIN_ID);
    const result = await processTransaction(executor, messageOfSigned(transaction, environment), {
      environment,
      chainId: STATE_TEST_CHAIN_ID,
      availableGas: environment.gasLimit,
      isSimulation: false,
      blobBaseFee: blobBaseFee(test),
      observer: undefined,
    });
    if (result.kind === "skipped")
      return judge(post, { skipped: describeSkip(result.reason), logs: [] }, executor.state);
    const logs = result.error === undefined ? result.logs : [];
    return judge(post, { skipped: undefined, logs }, executor.state);
  } catch (error) {
    if (!(error instanceof InvalidTransactionError)) throw error;
    return judge(post, { skipped: error.message, logs: [] }, executor.state);
  }
}
