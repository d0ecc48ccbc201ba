// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockHeader} from "../types/BlockHeader.sol";
import {ParentHeader} from "../types/ParentHeader.sol";
import {Rlp} from "./Rlp.sol";
import {RlpCursor} from "./RlpCursors.sol";

/// @title Block headers
/// @notice The RLP of a header in Ethereum's Osaka field order (specification §4), of which the keccak256 is the block hash.
library BlockHeaders {
    /// @notice Bytes that are no header of a block of this chain, as far as they are read.
    error HeaderMalformed(bytes header);

    /// @dev keccak256(rlp([])).
    bytes32 private constant OMMERS_HASH = 0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347;
    /// @dev sha256 of nothing (EIP-7685).
    bytes32 private constant REQUESTS_HASH = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    /// @notice The RLP of a header.
    function encode(BlockHeader memory header) internal pure returns (bytes memory) {
        bytes memory roots = bytes.concat(
            _hash(header.parentHash),
            _hash(OMMERS_HASH),
            Rlp.encodeAddress(header.coinbase),
            _hash(header.stateRoot),
            _hash(header.transactionsRoot),
            _hash(header.receiptsRoot),
            Rlp.encodeBytes(header.logsBloom)
        );
        bytes memory numbers = bytes.concat(
            Rlp.encodeNumber(0), // difficulty
            Rlp.encodeNumber(header.number),
            Rlp.encodeNumber(header.gasLimit),
            Rlp.encodeNumber(header.gasUsed),
            Rlp.encodeNumber(header.timestamp),
            Rlp.encodeBytes(_extraData(header))
        );
        bytes memory rest = bytes.concat(
            _hash(header.prevRandao),
            Rlp.encodeBytes(new bytes(8)), // nonce
            Rlp.encodeNumber(header.baseFee),
            _hash(header.outboxRoot),
            Rlp.encodeNumber(0), // blobGasUsed
            Rlp.encodeNumber(0), // excessBlobGas
            _hash(bytes32(0)), // parentBeaconBlockRoot
            _hash(REQUESTS_HASH)
        );
        return Rlp.encodeList(bytes.concat(roots, numbers, rest));
    }

    /// @notice What a child needs of the header with this RLP. Reverts with HeaderMalformed, which no block's header does.
    function decodeParent(bytes memory header) internal pure returns (ParentHeader memory parent) {
        RlpCursor memory cursor;
        cursor.window = header;
        cursor.end = header.length;
        uint256 end = cursor.readListHeader();
        _skip(cursor, 3); // parentHash, ommersHash, coinbase
        parent.stateRoot = bytes32(cursor.readFixed(32));
        _skip(cursor, 4); // transactionsRoot, receiptsRoot, logsBloom, difficulty
        parent.number = cursor.readNumber(8);
        _skip(cursor, 1); // gasLimit
        parent.gasUsed = cursor.readNumber(8);
        parent.timestamp = cursor.readNumber(8);
        uint256 extraData = cursor.readFixed(32);
        require(!cursor.isMalformed && end == header.length, HeaderMalformed(header));
        parent.gasCapacity = extraData >> 192;
        parent.gasPerSecond = uint64(extraData >> 128);
        parent.gasLevel = uint64(extraData >> 64);
        parent.gasExcess = uint64(extraData);
    }

    /// @dev `capacity (8) ‖ speed (8) ‖ level (8) ‖ excess (8)`. None is cut: capacity and speed come from such a field, the
    /// level is at most the capacity, and the excess is bounded by 32 × 102 × half of the speed, which is at most 2^40.
    function _extraData(BlockHeader memory header) private pure returns (bytes memory) {
        return
            abi.encodePacked(
                uint64(header.gasCapacity),
                uint64(header.gasPerSecond),
                uint64(header.gasLevel),
                uint64(header.gasExcess)
            );
    }

    function _hash(bytes32 value) private pure returns (bytes memory) {
        return Rlp.encodeBytes(abi.encodePacked(value));
    }

    function _skip(RlpCursor memory cursor, uint256 count) private pure {
        for (uint256 i = 0; i < count; ++i) cursor.position += cursor.readStringHeader();
    }
}
