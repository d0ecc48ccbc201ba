// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Precompiles} from "./Precompiles.sol";

/// @title Point evaluation
/// @notice Opens field elements of blobs by L1's point evaluation precompile (EIP-4844).
library PointEvaluation {
    /// @notice Field elements of a blob.
    uint256 internal constant ELEMENTS = 1 << LOG_ELEMENTS;

    uint256 private constant LOG_ELEMENTS = 12;
    /// @dev Order of the field: BLS_MODULUS.
    uint256 private constant MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    /// @dev A primitive root of unity of the order `ELEMENTS`: `7^((MODULUS − 1) ÷ 4096)`.
    uint256 private constant ROOT_OF_UNITY = 0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306;
    /// @dev `y (32) ‖ commitment (48) ‖ proof (48)`.
    uint256 private constant OPENING_LENGTH = 128;

    /// @notice An opening of an element has `expected` bytes.
    error OpeningLengthMismatch(uint256 expected, uint256 actual);

    /// @notice The precompile does not accept the opening of element `index`, or has not got the gas to run.
    error ElementNotProven(bytes32 versionedHash, uint256 index);

    /// @notice The element at `index` of the blob with this versioned hash.
    /// Reverts with OpeningLengthMismatch or ElementNotProven.
    /// @param opening `y (32) ‖ commitment (48) ‖ proof (48)`.
    /// @return element `y`.
    function open(
        bytes32 versionedHash,
        uint256 index,
        bytes calldata opening
    ) internal view returns (bytes32 element) {
        require(opening.length == OPENING_LENGTH, OpeningLengthMismatch(OPENING_LENGTH, opening.length));
        (bool isSuccess, bytes memory output) = Precompiles.KZG_POINT_EVALUATION.staticcall(
            bytes.concat(versionedHash, bytes32(pointOf(index)), opening)
        );
        // An address without a precompile would succeed as well, and give nothing.
        require(
            isSuccess && keccak256(output) == keccak256(abi.encode(ELEMENTS, MODULUS)),
            ElementNotProven(versionedHash, index)
        );
        return bytes32(opening);
    }

    /// @notice The point at which the polynomial of a blob has the element at `index` as its value: the root of unity to the power
    /// of the index with its bits in reverse.
    function pointOf(uint256 index) internal pure returns (uint256 point) {
        point = 1;
        uint256 power = ROOT_OF_UNITY;
        for (uint256 bit = LOG_ELEMENTS; bit > 0;) {
            --bit;
            if ((index >> bit) & 1 == 1) point = mulmod(point, power, MODULUS);
            power = mulmod(power, power, MODULUS);
        }
    }
}
