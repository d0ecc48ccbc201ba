// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Outbox
/// @notice Where messages from L2 to L1 start: an append-only Merkle tree whose root stands in every block header
/// (specification §5). Once a claim on a later block is confirmed, `Portal.execute` on L1 calls the target.
interface IOutbox {
    /// @notice A message was sent. The fields are those of the leaf; with the other leaves they make its proof.
    /// @param index Position of the message, from 0.
    /// @param sender Caller of the Outbox.
    /// @param target L1 account to call.
    /// @param value Wei to send along.
    /// @param minimumGas Gas the call on L1 is given at least.
    /// @param data Calldata of the call on L1.
    /// @param leaf Leaf of the message in the Outbox tree.
    event MessageSent(
        uint256 indexed index,
        address indexed sender,
        address indexed target,
        uint256 value,
        uint256 minimumGas,
        bytes data,
        bytes32 leaf
    );

    /// @notice L1 could not give the call that much gas in one transaction.
    error MinimumGasTooHigh(uint256 minimumGas, uint256 maximum);

    /// @notice L1 could not take that many bytes of calldata beside the gas of the call.
    error DataTooLong(uint256 length, uint256 maximum);

    /// @notice Sends a message to L1 with the ETH of this call, which rests here for ever: it leaves the L2 supply.
    /// Nothing checks that the call can succeed on L1; while it fails there, the message stays executable. Reverts with
    /// MinimumGasTooHigh or DataTooLong, and with AppendOnlyMerkleTree.TreeFull after 2^64 - 1 messages.
    /// @param target L1 account to call.
    /// @param minimumGas Gas the call on L1 is given at least; at most 14,000,000.
    /// @param data Calldata of the call on L1; at most 65,536 bytes.
    /// @return index Position of the message, from 0.
    function sendMessage(
        address target,
        uint256 minimumGas,
        bytes calldata data
    ) external payable returns (uint256 index);

    /// @notice Number of messages ever sent.
    function count() external view returns (uint256);

    /// @notice Root of the tree of all messages; 0 if there is none.
    function root() external view returns (bytes32);
}
