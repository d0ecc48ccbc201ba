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

/** What the token bridges of both layers and all standards share. */
const tokenBridgeItems = [
  "struct Delivery { address recipient; uint256 value; bytes data; uint256 minimumGas; address refundTo; }",
  "function announce(address token, address refundTo) payable returns (uint256 nonce)",
  "function representationOf(address remoteToken) view returns (address)",
  "function remoteTokenOf(address token) view returns (address)",
  "function isAnnounced(address token) view returns (bool)",
  "error EscrowShort(address token, uint256 balance, uint256 owed)",
  "error IsRepresentation(address token)",
  "error NotToken(address token)",
  "error UnexpectedAmount(uint256 expected, uint256 actual)",
  "error ZeroRecipient()",
] as const;

export const erc20BridgeAbi = parseAbi([
  ...tokenBridgeItems,
  "function send(address token, uint256 amount, Delivery delivery) payable returns (uint256 nonce)",
]);

export const erc721BridgeAbi = parseAbi([
  ...tokenBridgeItems,
  "function send(address token, uint256 id, Delivery delivery) payable returns (uint256 nonce)",
  "error NotOwner(address caller, uint256 id)",
]);

export const erc1155BridgeAbi = parseAbi([
  ...tokenBridgeItems,
  "function send(address token, uint256[] ids, uint256[] amounts, Delivery delivery) payable returns (uint256 nonce)",
  "error IdsNotRising(uint256 id, uint256 next)",
  "error WrongLengths(uint256 ids, uint256 amounts)",
]);

export const l1MessengerAbi = parseAbi([
  "function gasLimitOf(uint256 minimumGas, uint256 dataLength) pure returns (uint256)",
  "function feeOf(uint256 gasLimit, uint256 baseFee, uint256 blobBaseFee) pure returns (uint256)",
  "error FeeTooLow(uint256 fee, uint256 required)",
  "error MinimumGasTooHigh(uint256 minimumGas, uint256 maximum)",
  "error WrongValue(uint256 given, uint256 expected)",
]);

export const l2MessengerAbi = parseAbi([
  "event MessageRelayed(bytes32 indexed messageHash, uint256 indexed nonce)",
  "event MessageFailed(bytes32 indexed messageHash, uint256 indexed nonce)",
]);

/** The parts of the token standards by which a bridge is allowed to take tokens. */
export const tokenAbi = parseAbi([
  "function allowance(address owner, address spender) view returns (uint256)",
  "function approve(address spender, uint256 amountOrId)",
  "function decimals() view returns (uint8)",
  "function getApproved(uint256 id) view returns (address)",
  "function isApprovedForAll(address owner, address operator) view returns (bool)",
  "function setApprovalForAll(address operator, bool approved)",
  "function supportsInterface(bytes4 id) view returns (bool)",
]);

/** Messenger and token bridges on L2, which are there from genesis on; slot 0 of each has its counterpart on L1. */
export const L2_BRIDGE_ADDRESSES = {
  messenger: "0x4f6e650000000000000000000000000000000004",
  erc20Bridge: "0x4f6e650000000000000000000000000000000005",
  erc721Bridge: "0x4f6e650000000000000000000000000000000006",
  erc1155Bridge: "0x4f6e650000000000000000000000000000000007",
} as const;
