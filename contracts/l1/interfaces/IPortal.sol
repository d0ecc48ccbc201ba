// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimId} from "../types/ClaimId.sol";
import {ClaimOpening, Withdrawal} from "../types/Withdrawal.sol";
import {IInbox} from "./IInbox.sol";
import {IStateCommitmentChain} from "./IStateCommitmentChain.sol";

/// @title Portal
/// @notice Holds the ETH of the rollup and executes the messages L2 sent to L1, each at most once (specification §5).
/// @dev It holds nothing but ETH: whatever else is sent to it can be taken by anyone, as it calls any contract with any
/// data. A contract that trusts messages must check both that the Portal calls it and what `l2Sender()` is.
interface IPortal {
    /// @notice A withdrawal was executed.
    /// @param index Position in the Outbox tree.
    /// @param sender Caller of the Outbox on L2.
    /// @param target Account that was called.
    /// @param value Wei sent along.
    /// @param claimId The confirmed claim it was proven by.
    event WithdrawalExecuted(
        uint256 indexed index,
        address indexed sender,
        address indexed target,
        uint256 value,
        ClaimId claimId
    );

    /// @notice Only the Inbox sends ETH here.
    error NotInbox(address caller);

    /// @notice The withdrawal was executed before.
    error AlreadyExecuted(uint256 index);

    /// @notice Withdrawal and proof do not lead to a confirmed claim.
    error ClaimNotConfirmed(ClaimId claimId);

    /// @notice The rollup's own contracts are not called.
    error ForbiddenTarget(address target);

    /// @notice The `available` gas cannot give the call the `required` gas.
    error InsufficientGas(uint256 available, uint256 required);

    /// @notice The call of the target reverted with `returnData`. The withdrawal remains executable.
    error CallFailed(address target, bytes returnData);

    /// @notice No withdrawal is being executed.
    error NoWithdrawalInExecution();

    /// @notice Executes a withdrawal: calls its target with its value and data and at least its minimum gas.
    /// Reverts with AlreadyExecuted, ClaimNotConfirmed, ForbiddenTarget, InsufficientGas or CallFailed, and with
    /// AppendOnlyMerkleTree.LeafOutsideTree if the index does not fit the proof's length.
    /// @param withdrawal The message.
    /// @param opening Opens the confirmed claim up to the Outbox root.
    /// @param proof Siblings of the message's leaf in the Outbox tree of that claim, lowest level first.
    function execute(Withdrawal calldata withdrawal, ClaimOpening calldata opening, bytes32[] calldata proof) external;

    /// @notice Whether the withdrawal at `index` has been executed.
    /// @param index Position in the Outbox tree.
    function isExecuted(uint256 index) external view returns (bool);

    /// @notice The L2 sender of the withdrawal in execution. Reverts with NoWithdrawalInExecution outside of one.
    function l2Sender() external view returns (address);

    /// @notice Holds the ETH of deposits until it is forwarded here.
    function INBOX() external view returns (IInbox);

    /// @notice Knows what is confirmed.
    function STATE_COMMITMENT_CHAIN() external view returns (IStateCommitmentChain);
}
