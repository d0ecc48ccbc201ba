// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rlp} from "../../../../contracts/machine/libraries/Rlp.sol";
import {Test} from "../../Test.sol";

/// @title RLP, one form for every value
contract RlpTest is Test {
    function testFuzz_AStringIsReadAsItWasWritten(bytes calldata data, bytes calldata after_) external pure {
        bytes memory encoded = Rlp.encodeBytes(data);
        _requireItem(bytes.concat(encoded, after_), encoded.length, false, data);
    }

    function testFuzz_AListIsReadAsItWasWritten(bytes calldata payload, bytes calldata after_) external pure {
        bytes memory encoded = Rlp.encodeList(payload);
        _requireItem(bytes.concat(encoded, after_), encoded.length, true, payload);
    }

    function testFuzz_ANumberIsReadAsItWasWritten(uint256 word, uint8 shift) external pure {
        uint256 value = word >> shift;
        bytes memory encoded = Rlp.encodeNumber(value);
        (bool isValid, uint256 read, uint256 next) = Rlp.number(encoded, 0, encoded.length, 32);
        assertHolds("valid", isValid);
        assertEqual("value", read, value);
        assertEqual("next", next, encoded.length);
    }

    function testFuzz_WhatIsAcceptedIsTheOneForm(bytes calldata data, uint8 first, uint256 position) external pure {
        bytes memory bytes_ = bytes.concat(bytes1(first), data);
        (bool isValid, bool isList, uint256 start, uint256 length) = Rlp.item(bytes_, 0, bytes_.length);
        if (isValid) {
            bytes memory payload = _slice(bytes_, start, start + length);
            bytes memory encoded = isList ? Rlp.encodeList(payload) : Rlp.encodeBytes(payload);
            assertEqual("form", keccak256(_slice(bytes_, 0, start + length)), keccak256(encoded));
        }
        (isValid, , start, length) = Rlp.item(bytes_, position, type(uint256).max);
        assertHolds("inside", !isValid || position < bytes_.length);
    }

    function testFuzz_ANumberHasOneForm(bytes calldata data, uint8 maximum) external pure {
        uint256 most = bound(maximum, 0, 32);
        (bool isValid, uint256 value, uint256 next) = Rlp.number(data, 0, data.length, most);
        if (!isValid) return;
        assertEqual("form", keccak256(data[:next]), keccak256(Rlp.encodeNumber(value)));
        assertHolds("bytes", most == 32 || value < (uint256(1) << (8 * most)));
    }

    function _requireItem(bytes memory data, uint256 end, bool wasList, bytes memory payload) private pure {
        (bool isValid, bool isList, uint256 start, uint256 length) = Rlp.item(data, 0, data.length);
        assertHolds("valid", isValid);
        assertHolds("kind", isList == wasList);
        assertEqual("end", start + length, end);
        assertEqual("payload", keccak256(_slice(data, start, start + length)), keccak256(payload));
        (isValid, , , ) = Rlp.item(data, 0, end - 1);
        assertHolds("cut short", !isValid);
    }

    function _slice(bytes memory data, uint256 from, uint256 to) private pure returns (bytes memory slice) {
        slice = new bytes(to - from);
        for (uint256 i = from; i < to; ++i) slice[i - from] = data[i];
    }
}
