import { parseAbi } from "viem";

// What the client uses of the contracts' interfaces. It stands here a second time, for src/l1 holds their code too, which nobody
// wants in a browser; test/client/abi.test.ts compares the two.

export const inboxAbi = parseAbi([
  "function depositEther(address to) payable returns (bytes32 messageHash)",
  "function sendMessage(address to, uint256 value, uint256 gasLimit, bytes data, address refundTo) payable returns (bytes32 messageHash)",
  "function forceInclude(uint256 lastOverdue, (uint256 enqueuedAt, uint8 kind, bytes32 bodyHash) opening)",
  "function messageCount() view returns (uint256)",
  "function messagesRead() view returns (uint256)",
  "function L2_CHAIN_ID() view returns (uint256)",
  "event DepositEnqueued(uint256 indexed index, address indexed sender, address indexed to, bytes32 messageHash, uint256 enqueuedAt, uint256 mint, uint256 value, uint256 gasLimit, address refundTo, bytes data)",
  "event ContextEnqueued(uint256 indexed index, bytes32 messageHash, uint256 number, uint256 timestamp, uint256 baseFee, uint256 blobBaseFee, bytes32 parentHash)",
  "error DataTooLong(uint256 length, uint256 maximum)",
  "error GasLimitTooHigh(uint256 gasLimit, uint256 maximum)",
  "error InsufficientGas(uint256 available, uint256 required)",
  "error MessageNotOverdue(uint256 index, uint256 deadline)",
  "error MessageNotUnread(uint256 index, uint256 read, uint256 count)",
  "error ValueTooLarge(uint256 value)",
  "error WrongOpening(uint256 index, bytes32 expected, bytes32 actual)",
  "error ZeroAddress()",
]);

export const outboxAbi = parseAbi([
  "function sendMessage(address target, uint256 minimumGas, bytes data) payable returns (uint256 index)",
  "error DataTooLong(uint256 length, uint256 maximum)",
  "error MinimumGasTooHigh(uint256 minimumGas, uint256 maximum)",
]);

export const portalAbi = parseAbi([
  "function execute((uint256 index, address sender, address target, uint256 value, uint256 minimumGas, bytes data) withdrawal, (bytes32 parentId, bytes32 blockHash, uint256 batchCount, uint256 messageCount, bytes32 traceRoot) opening, bytes32[] proof)",
  "error AlreadyExecuted(uint256 index)",
  "error CallFailed(address target, bytes returnData)",
  "error ClaimNotConfirmed(bytes32 claimId)",
  "error ForbiddenTarget(address target)",
  "error InsufficientGas(uint256 available, uint256 required)",
]);

export const stateCommitmentChainAbi = parseAbi([
  "function confirm((bytes32 parentId, bytes32 stateHash, bytes32 traceRoot) body)",
  "error ChallengePeriodRuns(bytes32 claimId, uint256 from)",
  "error ClaimNotConfirmed(bytes32 claimId)",
  "error ClaimNotPending(bytes32 claimId)",
  "error NotTheWinner(bytes32 claimId, bytes32 winner)",
]);

/** The Outbox on L2, which is there from genesis on. */
export const OUTBOX_ADDRESS = "0x4f6e650000000000000000000000000000000002";
