// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BufferTree} from "../../../../contracts/machine/libraries/BufferTree.sol";
import {Region} from "../../../../contracts/machine/types/Witness.sol";
import {Test} from "../../Test.sol";

/// @title Buffers against a tree built the obvious way
contract BufferTreeTest is Test {
    uint256 private constant WORDS = 64;

    function testFuzz_RootIsThatOfAllWordsHashedLevelByLevel(bytes calldata random) external pure {
        bytes memory data = random.length > 32 * WORDS ? random[:32 * WORDS] : random;
        bytes32[] memory words = new bytes32[](WORDS);
        for (uint256 i = 0; i < data.length; ++i) {
            words[i / 32] |= bytes32(data[i]) >> (8 * (i % 32));
        }
        assertEqual("root", BufferTree.rootOf(data), _rootOf(words));
    }

    function test_TheEmptyRootIsThatOfZeros() external pure {
        assertEqual("no bytes", BufferTree.rootOf(""), BufferTree.EMPTY_ROOT);
        assertEqual("a zero byte", BufferTree.rootOf(hex"00"), BufferTree.EMPTY_ROOT);
        assertEqual("zero words", _rootOf(new bytes32[](WORDS)), BufferTree.EMPTY_ROOT);
    }

    function testFuzz_WhatIsWrittenIsThereAndTheRestAsBefore(
        bytes32 seed,
        uint8 place,
        uint8 size,
        bytes32 other
    ) external view {
        uint256 first = bound(place, 0, WORDS - 1);
        uint256 count = bound(size, 1, WORDS - first);
        bytes32[] memory words = _random(seed);
        bytes32 root = _rootOf(words);
        Region memory region = _regionOf(words, first, count);

        assertEqual("opened", keccak256(this.open(root, first, region)), keccak256(region.words));

        bytes32[] memory changed = _random(other);
        bytes memory written = _regionOf(changed, first, count).words;
        for (uint256 i = 0; i < WORDS; ++i) {
            if (i < first || i >= first + count) changed[i] = words[i];
        }
        assertEqual("written", this.write(root, first, region, written), _rootOf(changed));
    }

    function testFuzz_NoOtherWordIsOpened(bytes32 seed, uint8 place, uint8 size, uint8 which, bytes32 wrong) external {
        uint256 first = bound(place, 0, WORDS - 1);
        uint256 count = bound(size, 1, WORDS - first);
        bytes32[] memory words = _random(seed);
        bytes32 root = _rootOf(words);
        uint256 changed = first + bound(which, 0, count - 1);
        vm.assume(words[changed] != wrong);
        Region memory region = _regionOf(words, first, count);
        words[changed] = wrong;
        region.words = _regionOf(words, first, count).words;

        bytes memory expected = abi.encodeWithSelector(BufferTree.RegionNotProven.selector, root, first);
        vm.expectRevert(expected);
        this.open(root, first, region);
        vm.expectRevert(expected);
        this.write(root, first, region, region.words);
    }

    function testFuzz_NoOtherSiblingIsTaken(
        bytes32 seed,
        uint8 place,
        uint8 size,
        uint8 which,
        bytes32 wrong
    ) external {
        uint256 first = bound(place, 0, WORDS - 1);
        uint256 count = bound(size, 1, WORDS - first);
        bytes32[] memory words = _random(seed);
        bytes32 root = _rootOf(words);
        Region memory region = _regionOf(words, first, count);
        uint256 changed = bound(which, 0, region.siblings.length - 1);
        vm.assume(region.siblings[changed] != wrong);
        region.siblings[changed] = wrong;
        vm.expectRevert(abi.encodeWithSelector(BufferTree.RegionNotProven.selector, root, first));
        this.open(root, first, region);
    }

    function test_MoreThanABufferHoldsHasNoRoot() external {
        vm.expectRevert(abi.encodeWithSelector(BufferTree.BufferTooLong.selector, 4_194_305));
        this.rootOfLength(4_194_305);
    }

    function open(bytes32 root, uint256 first, Region calldata region) external pure returns (bytes memory) {
        return BufferTree.open(root, first, region);
    }

    function write(
        bytes32 root,
        uint256 first,
        Region calldata region,
        bytes memory words
    ) external pure returns (bytes32) {
        return BufferTree.write(root, first, region, words);
    }

    /// @dev Of bytes that are not there: their number alone decides, and 4 MiB of memory cost more gas than a test has.
    function rootOfLength(uint256 length) external pure returns (bytes32) {
        bytes memory data;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, length)
            mstore(0x40, add(data, 0x20))
        }
        return BufferTree.rootOf(data);
    }

    function _random(bytes32 seed) private pure returns (bytes32[] memory words) {
        words = new bytes32[](WORDS);
        for (uint256 i = 0; i < WORDS; ++i) words[i] = keccak256(abi.encode(seed, i));
    }

    /// @dev Of a buffer that begins with `words`.
    function _rootOf(bytes32[] memory words) private pure returns (bytes32) {
        bytes32 zero;
        bytes32[] memory level = words;
        for (uint256 height = 0; height < 17; ++height) {
            level = _parents(level, zero);
            zero = keccak256(abi.encode(zero, zero));
        }
        return level[0];
    }

    function _regionOf(
        bytes32[] memory words,
        uint256 first,
        uint256 count
    ) private pure returns (Region memory region) {
        for (uint256 i = first; i < first + count; ++i) region.words = bytes.concat(region.words, words[i]);
        bytes32[] memory siblings = new bytes32[](34);
        uint256 used;
        bytes32 zero;
        bytes32[] memory level = words;
        uint256 last = first + count - 1;
        for (uint256 height = 0; height < 17; ++height) {
            if (first % 2 == 1) siblings[used++] = level[first - 1];
            if (last % 2 == 0) siblings[used++] = last + 1 < level.length ? level[last + 1] : zero;
            level = _parents(level, zero);
            zero = keccak256(abi.encode(zero, zero));
            first /= 2;
            last /= 2;
        }
        region.siblings = new bytes32[](used);
        for (uint256 i = 0; i < used; ++i) region.siblings[i] = siblings[i];
    }

    function _parents(bytes32[] memory level, bytes32 zero) private pure returns (bytes32[] memory parents) {
        parents = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < parents.length; ++i) {
            bytes32 right = 2 * i + 1 < level.length ? level[2 * i + 1] : zero;
            parents[i] = keccak256(abi.encode(level[2 * i], right));
        }
    }
}
