// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

import {IInbox} from "./interfaces/IInbox.sol";
import {IPortal} from "./interfaces/IPortal.sol";
import {IStateCommitmentChain} from "./interfaces/IStateCommitmentChain.sol";
import {AppendOnlyMerkleTree} from "../libraries/AppendOnlyMerkleTree.sol";
import {ClaimBody} from "./types/ClaimBody.sol";
import {ClaimId} from "./types/ClaimId.sol";
import {State} from "./types/State.sol";
import {ClaimOpening, Withdrawal} from "./types/Withdrawal.sol";

/// @title Portal
/// @notice See {IPortal}.
contract Portal is IPortal, ReentrancyGuardTransient {
    using BitMaps for BitMaps.BitMap;

    /// @dev At least what the call costs before it forwards all but a 64th of what is left: the account may be cold
    /// (2,600), receives value (9,000) and may be new (25,000), or delegates to a cold one (2,600).
    uint256 private constant CALL_COST = 40_000;

    /// @inheritdoc IPortal
    IInbox public immutable INBOX;
    /// @inheritdoc IPortal
    IStateCommitmentChain public immutable STATE_COMMITMENT_CHAIN;

    BitMaps.BitMap private _executed;

    /// @dev Means something only while `execute` is entered, so it is not cleared.
    address private transient _l2Sender;

    constructor(IInbox inbox, IStateCommitmentChain stateCommitmentChain) {
        INBOX = inbox;
        STATE_COMMITMENT_CHAIN = stateCommitmentChain;
    }

    /// @notice Takes the ETH the Inbox forwards. Reverts with NotInbox.
    receive() external payable {
        require(msg.sender == address(INBOX), NotInbox(msg.sender));
    }

    /// @inheritdoc IPortal
    function execute(
        Withdrawal calldata withdrawal,
        ClaimOpening calldata opening,
        bytes32[] calldata proof
    ) external nonReentrant {
        address target = withdrawal.target;
        require(!_executed.get(withdrawal.index), AlreadyExecuted(withdrawal.index));
        require(
            target != address(this) && target != address(INBOX) && target != address(STATE_COMMITMENT_CHAIN),
            ForbiddenTarget(target)
        );
        bytes32 outboxRoot = AppendOnlyMerkleTree.computeRoot(withdrawal.leaf(), withdrawal.index, proof);
        bytes32 stateHash = State({
            blockHash: opening.blockHash,
            outboxRoot: outboxRoot,
            batchCount: opening.batchCount,
            messageCount: opening.messageCount
        }).hash();
        ClaimId claimId = ClaimBody({parentId: opening.parentId, stateHash: stateHash, traceRoot: opening.traceRoot})
            .id();
        require(STATE_COMMITMENT_CHAIN.isConfirmed(claimId), ClaimNotConfirmed(claimId));

        _executed.set(withdrawal.index);
        emit WithdrawalExecuted(withdrawal.index, withdrawal.sender, target, withdrawal.value, claimId);

        if (address(this).balance < withdrawal.value) INBOX.forwardEther();
        _l2Sender = withdrawal.sender;
        _call(target, withdrawal.value, withdrawal.minimumGas, withdrawal.data);
    }

    /// @inheritdoc IPortal
    function isExecuted(uint256 index) external view returns (bool) {
        return _executed.get(index);
    }

    /// @inheritdoc IPortal
    function l2Sender() external view returns (address) {
        require(_reentrancyGuardEntered(), NoWithdrawalInExecution());
        return _l2Sender;
    }

    /// @dev The calldata is in memory before the gas is measured, so that nothing but CALL_COST is spent in between.
    function _call(address target, uint256 value, uint256 minimumGas, bytes memory data) private {
        uint256 available = gasleft();
        uint256 callable = available > CALL_COST ? available - CALL_COST : 0;
        require(callable - callable / 64 >= minimumGas, InsufficientGas(available, minimumGas));
        require(LowLevelCall.callNoReturn(target, value, data), CallFailed(target, LowLevelCall.returnData()));
    }
}
