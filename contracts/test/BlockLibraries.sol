// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockHashHistory} from "../machine/libraries/BlockHashHistory.sol";
import {BlockHeaders} from "../machine/libraries/BlockHeaders.sol";
import {BlockTimestamps} from "../machine/libraries/BlockTimestamps.sol";
import {Fees} from "../machine/libraries/Fees.sol";
import {GasBucket} from "../machine/libraries/GasBucket.sol";
import {BlockHeader} from "../machine/types/BlockHeader.sol";
import {ParentHeader} from "../machine/types/ParentHeader.sol";

/// @notice Makes the libraries of the block's steps callable, for tests.
contract BlockLibraries {
    function encodeHeader(BlockHeader calldata header) external pure returns (bytes memory) {
        return BlockHeaders.encode(header);
    }

    function decodeParent(bytes calldata header) external pure returns (ParentHeader memory) {
        return BlockHeaders.decodeParent(header);
    }

    function availableGas(ParentHeader calldata parent, uint256 timestamp) external pure returns (uint256) {
        return GasBucket.available(parent, timestamp);
    }

    function paysForBlock(ParentHeader calldata parent, uint256 timestamp) external pure returns (bool) {
        return GasBucket.paysForBlock(parent, timestamp);
    }

    function nextGasLimit(ParentHeader calldata parent, uint256 timestamp) external pure returns (uint256) {
        return GasBucket.nextGasLimit(parent, timestamp);
    }

    function atLeastListingCharge(uint256 gas, uint256 length) external pure returns (uint256) {
        return GasBucket.atLeastListingCharge(gas, length);
    }

    function listingCharge(uint256 length) external pure returns (uint256) {
        return GasBucket.listingCharge(length);
    }

    function dataPrice(uint256 number, uint256 baseFee, uint256 blobBaseFee) external pure returns (uint256) {
        return Fees.dataPrice(number, baseFee, blobBaseFee);
    }

    function minimumBaseFee(uint256 price) external pure returns (uint256) {
        return Fees.minimumBaseFee(price);
    }

    function nextGasExcess(ParentHeader calldata parent, uint256 timestamp) external pure returns (uint256) {
        return Fees.nextGasExcess(parent, timestamp);
    }

    /// @notice The base fee, and the gas that computing it took.
    function baseFeeOf(
        uint256 excess,
        uint256 gasPerSecond,
        uint256 price
    ) external view returns (uint256 baseFee, uint256 gasUsed) {
        uint256 before = gasleft();
        baseFee = Fees.baseFeeOf(excess, gasPerSecond, price);
        gasUsed = before - gasleft();
    }

    function clampTimestamp(uint256 timestamp, uint256 parent, uint256 batch) external pure returns (uint256) {
        return BlockTimestamps.clamp(timestamp, parent, batch);
    }

    function historySlotOf(uint256 number) external pure returns (uint256) {
        return BlockHashHistory.slotOf(number);
    }
}
