// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title FeeVault
/// @notice Collects the fees of L2, being COINBASE of every block and receiver of the base fee (specification §4), and
/// pays them to one L1 account.
interface IFeeVault {
    /// @notice `amount` wei was sent to `recipient` on L1 with the Outbox message at `index`.
    /// @param recipient L1 account that gets the fees.
    /// @param amount Wei.
    /// @param index Position of the message in the Outbox.
    event Withdrawn(address indexed recipient, uint256 amount, uint256 indexed index);

    /// @notice There is nothing to withdraw.
    error NothingToWithdraw();

    /// @notice Sends the whole balance to the recipient on L1 through the Outbox; anyone may call. Reverts with
    /// NothingToWithdraw.
    /// @return index Position of the message in the Outbox.
    function withdraw() external returns (uint256 index);

    /// @notice L1 account that gets the fees; fixed in the genesis state.
    function recipient() external view returns (address);
}
