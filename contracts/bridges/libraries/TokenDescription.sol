// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

/// @title TokenDescription
/// @notice Asks tokens what they say of themselves, whatever they answer.
library TokenDescription {
    using Bytes for bytes;

    /// @dev Enough for any of the functions asked here, and a bound for what a token can waste.
    uint256 private constant GAS = 200_000;
    /// @dev Bytes of an answer that are looked at.
    uint256 private constant MAXIMUM_ANSWER = 64 + 1_024;
    uint8 private constant DEFAULT_DECIMALS = 18;

    /// @notice What a function that gives a string gives; empty if the token does not answer with one, or with one of more than
    /// 1,024 bytes. Of old tokens that give 32 bytes, those up to the first zero.
    /// @param token Asked.
    /// @param question Calldata.
    function text(address token, bytes memory question) internal view returns (string memory) {
        bytes memory answer = _ask(token, question);
        if (answer.length == 32) return _beforeZero(answer);
        if (answer.length < 64) return "";
        uint256 offset = _word(answer, 0);
        // Of all encodings the compiler's own: the string follows its offset.
        if (offset != 32) return "";
        uint256 length = _word(answer, 32);
        if (length > answer.length - 64) return "";
        return string(answer.slice(64, 64 + length));
    }

    /// @notice What `decimals()` gives; 18 if the token does not answer with a number below 256.
    function decimals(address token) internal view returns (uint8) {
        bytes memory answer = _ask(token, abi.encodeWithSignature("decimals()"));
        if (answer.length < 32) return DEFAULT_DECIMALS;
        uint256 given = _word(answer, 0);
        return given <= type(uint8).max ? uint8(given) : DEFAULT_DECIMALS;
    }

    function _ask(address token, bytes memory question) private view returns (bytes memory answer) {
        answer = new bytes(MAXIMUM_ANSWER);
        uint256 maximumGas = GAS;
        uint256 maximumLength = MAXIMUM_ANSWER;
        bool success;
        uint256 length;
        // Solidity copies whatever comes back, and a token may give back megabytes.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            success := staticcall(maximumGas, token, add(question, 32), mload(question), add(answer, 32), maximumLength)
            length := returndatasize()
            if gt(length, maximumLength) {
                length := maximumLength
            }
            if iszero(success) {
                length := 0
            }
            mstore(answer, length)
        }
    }

    function _word(bytes memory from, uint256 offset) private pure returns (uint256) {
        return uint256(bytes32(from.slice(offset, offset + 32)));
    }

    function _beforeZero(bytes memory padded) private pure returns (string memory) {
        uint256 length = 0;
        while (length < 32 && padded[length] != 0) ++length;
        return string(padded.slice(0, length));
    }
}
