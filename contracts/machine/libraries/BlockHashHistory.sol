// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Block hash history
/// @notice Where the state keeps the hashes of blocks (EIP-2935).
library BlockHashHistory {
    address internal constant ADDRESS = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @dev Slots its ring has.
    uint256 private constant SERVE_WINDOW = 8_191;

    /// @notice Slot of the hash of block `number`.
    function slotOf(uint256 number) internal pure returns (uint256) {
        return number % SERVE_WINDOW;
    }
}
