/** Codes of JSON-RPC 2.0 (§5.1) and those Ethereum clients share (EIP-1474, EIP-7966). */
export const RPC_ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** A transaction or call the node will not take; the text says why, worded as go-ethereum words it. */
  rejected: -32000,
  /** Something named in the request does not exist (any more), as a filter. */
  notFound: -32000,
  timeout: -32002,
  responseTooLarge: -32003,
  /** The node is busy, or the request asks for more than a limit. */
  limitExceeded: -32005,
  /** Codes of `eth_simulateV1` (execution-apis), as go-ethereum gives them. */
  nonceTooLow: -38010,
  nonceTooHigh: -38011,
  feeBelowBaseFee: -38012,
  gasBelowIntrinsic: -38013,
  insufficientFunds: -38014,
  blockGasExceeded: -38015,
  blockNumberOrder: -38020,
  blockTimeOrder: -38021,
  senderHasCode: -38024,
  initcodeTooLong: -38025,
  /** Of `eth_getStorageValues` too. */
  simulationLimit: -38026,
  /** A call of a simulation that halted. */
  halted: -32015,
  /** A reverted call; `data` is what it returned. */
  reverted: 3,
  /** EIP-7966: accepted, but not included in time; `data` is the transaction hash. */
  inclusionTimeout: 4,
} as const;

/** An error meant for the caller: its message and data go out as they are. Any other error becomes "internal error". */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.data = data;
  }
}

export function invalidParams(message: string): RpcError {
  return new RpcError(RPC_ERROR.invalidParams, message);
}

export function rejected(message: string): RpcError {
  return new RpcError(RPC_ERROR.rejected, message);
}

export function responseTooLarge(limit: number): RpcError {
  return new RpcError(RPC_ERROR.responseTooLarge, `response too large: more than ${limit} bytes`);
}

export function limitExceeded(message: string): RpcError {
  return new RpcError(RPC_ERROR.limitExceeded, message);
}
