import { bytesToHex, loadKzg } from "../../primitives/index.ts";
import type { Address, Hex } from "../../primitives/index.ts";
import { errorText } from "../error-text.ts";
import { findRevert } from "../revert.ts";
import { broadcastPending } from "./broadcast.ts";
import { currentStatus } from "./context.ts";
import type { ManagerContext } from "./context.ts";
import { L1TransactionError } from "./errors.ts";
import { gasLimitFor } from "./gas.ts";
import { viewL1 } from "./l1-view.ts";
import { nextNonce } from "./nonces.ts";
import { askPending } from "./pending-block.ts";
import { createRecord } from "./record.ts";
import { checkRequest } from "./request.ts";
import type { L1TransactionRequest } from "./request.ts";
import { createBlobSidecar } from "./sidecar.ts";
import type { L1TransactionStatus } from "./status.ts";
import { wrapperVersionOf } from "./wrapper-version.ts";

/** Records a request under a nonce of its own, then broadcasts it; see `TransactionManager.submit`. */
export async function submitTransaction(
  context: ManagerContext,
  request: L1TransactionRequest,
): Promise<L1TransactionStatus> {
  const { book, client, account, log } = context;
  const { purpose, to, blobs = [], value = 0n } = request;
  const known = book.find(purpose);
  if (known !== undefined) return currentStatus(context, known);

  checkRequest(request);
  await checkChain(context);
  const data = bytesToHex(request.data);
  const inPending = request.estimateInPending === true || book.ascending().some(({ mined }) => mined === undefined);
  const gasLimit = request.gasLimit ?? (await estimateGas(context, purpose, { to, data, value }, inPending));
  const sidecar =
    blobs.length === 0 ? undefined : await createBlobSidecar(await loadKzg(), blobs, await wrapperVersionOf(context));
  const nonce = await nextNonce(context);
  const record = createRecord({
    purpose,
    nonce,
    to,
    data,
    value: value.toString(),
    gasLimit: gasLimit.toString(),
    blobVersionedHashes: sidecar?.versionedHashes ?? [],
  });
  await book.save(record, sidecar);
  log.info({ purpose, nonce, gasLimit, blobs: blobs.length }, "L1 transaction recorded");
  try {
    await broadcastPending(context, await viewL1(client, account));
  } catch (error) {
    log.warn({ purpose, error: errorText(error) }, "L1 unreachable; the next step broadcasts");
  }
  return currentStatus(context, book.get(nonce));
}

/** Once for a process. @throws L1TransactionError `wrong-chain` */
export async function checkChain({ client, chainId, state }: ManagerContext): Promise<void> {
  if (state.chainChecked) return;
  const actual = await client.getChainId();
  if (actual !== chainId) throw new L1TransactionError({ kind: "wrong-chain", expected: chainId, actual });
  state.chainChecked = true;
}

/** @throws L1TransactionError `would-revert` */
async function estimateGas(
  { client, account, abis }: ManagerContext,
  purpose: string,
  call: { readonly to: Address; readonly data: Hex; readonly value: bigint },
  inPending: boolean,
): Promise<bigint> {
  try {
    const estimateAt = (blockTag: "pending" | "latest") => client.estimateGas({ account, ...call, blockTag });
    return gasLimitFor(await (inPending ? askPending(abis, estimateAt) : estimateAt("latest")));
  } catch (error) {
    const revert = findRevert(error, abis);
    if (revert === undefined) throw error;
    throw new L1TransactionError({ kind: "would-revert", purpose, revert });
  }
}
