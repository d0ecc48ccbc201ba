// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title secp256k1
/// @notice Signatures of transactions and authorizations.
library Secp256k1 {
    /// @notice Order of the group.
    uint256 internal constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    /// @notice Whether `r` and `s` are in range, `s` in the lower half (EIP-2).
    function isInRange(uint256 r, uint256 s) internal pure returns (bool) {
        return r > 0 && r < ORDER && s > 0 && s <= ORDER / 2;
    }

    /// @notice Who signed `hash`; 0 if nobody did. Reverts if the gas does not suffice to know.
    /// @param yParity 0 or 1.
    /// @dev The compiler's `ecrecover` reverts if the call of the precompile fails, which it does for lack of gas alone; no
    /// signer is a call that succeeds without output. So leaving too little gas proves nothing.
    function recover(bytes32 hash, uint256 yParity, uint256 r, uint256 s) internal pure returns (address) {
        return ecrecover(hash, uint8(27 + yParity), bytes32(r), bytes32(s));
    }
}
