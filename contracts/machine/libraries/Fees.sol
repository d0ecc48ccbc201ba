// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ParentHeader} from "../types/ParentHeader.sol";

/// @title Fees
/// @notice What gas and data cost (specification §4).
/// @dev Nothing here overflows with fees that L1 can have. Neither its base fee nor its blob base fee can reach 2^80 wei: whoever
/// fills the block that takes it there pays 2^79 wei for each of at least 2^17 gas or blob gas, which is 2^96 wei, and there are
/// fewer than 2^87 wei of ether. With a speed of at most 2^40, the response is below 2^46 gas, the excess below 2^51, and the
/// floor at most 10 × 2^80 ÷ 64, below 2^78 wei. No term of the exponential is more than floor × response × e^32, which is below
/// 2^(78 + 46 + 47), and a term times the excess is below 2^222.
library Fees {
    /// @dev Wei per gas below which a base fee never is.
    uint256 private constant MINIMUM_BASE_FEE = 10_000_000;
    /// @dev The target is this part of the speed, as in EIP-1559.
    uint256 private constant ELASTICITY = 2;
    /// @dev Seconds at twice the target in which the base fee grows by the factor e.
    uint256 private constant RESPONSE_SECONDS = 102;
    /// @dev The excess stops growing where the base fee is e to this power times its floor.
    uint256 private constant MAXIMUM_EXPONENT = 32;
    /// @dev L1 gas of a calldata token (EIP-7623).
    uint256 private constant TOKEN_GAS = 10;
    /// @dev Blob gas of a calldata token: a token is a quarter of a byte, and 31 of 32 bytes of a blob can be used.
    uint256 private constant BLOB_TOKEN_GAS_DIVIDEND = 8;
    uint256 private constant BLOB_TOKEN_GAS_DIVISOR = 31;
    uint256 private constant TOKENS_OF_FLOOR = 64;

    /// @notice Wei per calldata token, by what `L1Context` holds in the parent's state; 0 while it has read no context.
    /// @param number Of the L1 block.
    /// @param baseFee Wei per gas on L1.
    /// @param blobBaseFee Wei per blob gas on L1.
    function dataPrice(uint256 number, uint256 baseFee, uint256 blobBaseFee) internal pure returns (uint256) {
        if (number == 0) return 0;
        uint256 asBlob = Math.ceilDiv(BLOB_TOKEN_GAS_DIVIDEND * blobBaseFee, BLOB_TOKEN_GAS_DIVISOR);
        return Math.min(TOKEN_GAS * baseFee, asBlob);
    }

    /// @notice Wei per gas below which the base fee of a block cannot be at this data price.
    function minimumBaseFee(uint256 price) internal pure returns (uint256) {
        return Math.max(MINIMUM_BASE_FEE, Math.ceilDiv(price, TOKENS_OF_FLOOR));
    }

    /// @notice Gas used beyond the target, as the child of `parent` finds it.
    /// @param timestamp The child's, in seconds; not below the parent's.
    function nextGasExcess(ParentHeader memory parent, uint256 timestamp) internal pure returns (uint256) {
        uint256 target = (parent.gasPerSecond / ELASTICITY) * (timestamp - parent.timestamp);
        uint256 excess = Math.saturatingSub(parent.gasExcess + parent.gasUsed, target);
        return Math.min(excess, MAXIMUM_EXPONENT * _responseGas(parent.gasPerSecond));
    }

    /// @notice Wei per gas of a block with this excess: the floor times e^(excess ÷ response).
    /// @param gasPerSecond The speed, at least 2.
    /// @param price Wei per calldata token.
    function baseFeeOf(uint256 excess, uint256 gasPerSecond, uint256 price) internal pure returns (uint256) {
        return _fakeExponential(minimumBaseFee(price), excess, _responseGas(gasPerSecond));
    }

    /// @dev Gas of excess that raises the base fee by the factor e.
    function _responseGas(uint256 gasPerSecond) private pure returns (uint256) {
        return (gasPerSecond / ELASTICITY) * RESPONSE_SECONDS;
    }

    /// @dev EIP-4844: `factor` × e^(`numerator` ÷ `denominator`), rounded down term by term. With an exponent of at most 32 the
    /// terms are 0 after fewer than 200.
    function _fakeExponential(uint256 factor, uint256 numerator, uint256 denominator) private pure returns (uint256) {
        uint256 sum = 0;
        uint256 term = factor * denominator;
        for (uint256 i = 1; term > 0; ++i) {
            sum += term;
            term = (term * numerator) / (denominator * i);
        }
        return sum / denominator;
    }
}
