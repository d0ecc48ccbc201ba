// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Body of a message that mints ETH on L2 and may run a transaction there.
/// @param sender L2 sender: the caller of the Inbox, aliased if it is a contract.
/// @param to Recipient of the L2 transaction.
/// @param mint Wei minted to the sender: the ETH sent to the Inbox.
/// @param value Wei the L2 transaction carries; below 2^128.
/// @param gasLimit Gas limit of the L2 transaction, at most 2^24; 0 runs none.
/// @param refundTo Receives what is left of the mint.
/// @param dataHash keccak256 of the calldata of the L2 transaction.
struct DepositBody {
    address sender;
    address to;
    uint256 mint;
    uint256 value;
    uint256 gasLimit;
    address refundTo;
    bytes32 dataHash;
}

using {hash} for DepositBody global;

/// @notice `keccak256(abi.encode(sender, to, mint, value, gasLimit, refundTo, keccak256(data)))`.
function hash(DepositBody memory self) pure returns (bytes32) {
    return keccak256(abi.encode(self));
}
