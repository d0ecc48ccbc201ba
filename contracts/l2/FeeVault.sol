// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Predeploys} from "../libraries/Predeploys.sol";
import {IFeeVault} from "./interfaces/IFeeVault.sol";
import {IOutbox} from "./interfaces/IOutbox.sol";

/// @title FeeVault
/// @notice See {IFeeVault}. Predeployed at 0x4f6e650000000000000000000000000000000003.
contract FeeVault is IFeeVault {
    IOutbox private constant OUTBOX = IOutbox(Predeploys.OUTBOX);

    /// @inheritdoc IFeeVault
    /// @dev Slot 0, written by the genesis state; nothing changes it.
    address public recipient;

    /// @notice Takes ETH from anyone: it only ever leaves for the recipient.
    receive() external payable {}

    /// @inheritdoc IFeeVault
    function withdraw() external returns (uint256 index) {
        uint256 amount = address(this).balance;
        require(amount > 0, NothingToWithdraw());

        index = OUTBOX.sendMessage{value: amount}(recipient, 0, "");
        emit Withdrawn(recipient, amount, index);
    }
}
