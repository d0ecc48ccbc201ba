// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rlp} from "./Rlp.sol";

/// @title Merkle Patricia trie
/// @notice Ethereum's hexary trie (Yellow Paper, appendix D), known by its root: reads, puts and deletions proven by the
/// nodes on the path of the key, from the root down to where it ends (docs/machine.md §10). Nodes embedded in their parent
/// are not listed. A deletion that leaves a branch with one child, which is not embedded, lists that child at the end.
/// @dev Every listed node is the keccak256 preimage of its reference, so a root has one answer for a key. The form of each
/// is checked besides: a trie that this library changes stays canonical if it was, and a node that no canonical trie
/// holds reverts rather than being understood in one way here and another way elsewhere. `key` is the path itself: for
/// the secure tries of the state, the 32 bytes of a hash.
library MerklePatriciaTrie {
    /// @notice Root of the trie without entries: keccak256(0x80).
    bytes32 internal constant EMPTY_ROOT = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421;

    /// @notice The path leads to a node that the list does not hold.
    error NodeMissing(bytes32 hash);

    /// @notice The listed node with hash `actual` is not the one that is referred to.
    error NodeMismatch(bytes32 expected, bytes32 actual);

    /// @notice A node that no canonical trie holds.
    error NodeMalformed(bytes node);

    /// @notice Of the `actual` nodes of the list, `expected` are on the path.
    error NodesUnused(uint256 expected, uint256 actual);

    /// @notice The trie holds no empty values; an entry is deleted by `remove`.
    error ValueEmpty();

    /// @notice A key has at most 1,024 bytes.
    error KeyTooLong(uint256 length);

    /// @param data Its RLP.
    /// @param path Of an extension or leaf, one nibble a byte.
    /// @param isLeaf Whether it is a leaf; if not, and it is no branch, it is an extension.
    /// @param starts Where its items start in `data`, 15 bits each, the first one in the lowest.
    /// @param occupied Of a branch: bit i is set if item i is not empty.
    /// @param slot The item through which the path of the key goes on.
    struct Node {
        bytes data;
        bytes path;
        bool isLeaf;
        uint256 starts;
        uint256 occupied;
        uint256 slot;
    }

    /// @param nibbles The key, one nibble a byte.
    /// @param cursor Nibbles passed before the last node, or those of the key if it ends at a branch.
    /// @param path Nodes from the root down, `depth` of them.
    /// @param isFound Whether the key is present; its value is item `slot` of the last node.
    /// @param used How many nodes of the list are on the path.
    struct Walk {
        bytes nibbles;
        uint256 cursor;
        Node[] path;
        uint256 depth;
        bool isFound;
        uint256 used;
    }

    uint256 private constant MAXIMUM_KEY_LENGTH = 1024;
    uint256 private constant VALUE_SLOT = 16;
    uint256 private constant BRANCH_ITEMS = 17;
    uint256 private constant START_BITS = 15;
    uint256 private constant START_MASK = (1 << START_BITS) - 1;
    /// @dev RLP of a 32-byte string starts so: a reference by hash.
    uint256 private constant HASH_HEADER = 0xa0;
    /// @dev RLP of the empty string: no child.
    uint256 private constant NOTHING = 0x80;

    /// @notice The value of `key` in the trie `root`, no bytes if it has none.
    function get(bytes32 root, bytes memory key, bytes[] calldata nodes) internal pure returns (bytes memory value) {
        Walk memory walk = _descend(root, key, nodes);
        _requireUsed(walk, nodes);
        if (!walk.isFound) return value;
        Node memory last = walk.path[walk.depth - 1];
        (, , uint256 start, uint256 length) = Rlp.item(last.data, _start(last, last.slot), last.data.length);
        return _slice(last.data, start, start + length);
    }

    /// @notice The root after `value` was put at `key`. Reverts with ValueEmpty.
    function put(
        bytes32 root,
        bytes memory key,
        bytes memory value,
        bytes[] calldata nodes
    ) internal pure returns (bytes32 newRoot) {
        require(value.length > 0, ValueEmpty());
        Walk memory walk = _descend(root, key, nodes);
        _requireUsed(walk, nodes);
        bytes memory valueItem = Rlp.encodeBytes(value);
        bytes memory nibbles = walk.nibbles;
        if (walk.depth == 0) return keccak256(_encodeShort(nibbles, 0, nibbles.length, true, valueItem));

        Node memory last = walk.path[walk.depth - 1];
        bytes memory node;
        if (walk.isFound) {
            node = _splice(last, last.slot, valueItem);
        } else if (_isBranch(last)) {
            (uint256 slot, bytes memory entry) = _entry(nibbles, walk.cursor, valueItem);
            node = _splice(last, slot, entry);
        } else {
            node = _fork(last, nibbles, walk.cursor, valueItem);
        }
        return _rise(walk, walk.depth - 1, node);
    }

    /// @notice The root after `key` was deleted; the same root if it is absent.
    function remove(bytes32 root, bytes memory key, bytes[] calldata nodes) internal pure returns (bytes32 newRoot) {
        Walk memory walk = _descend(root, key, nodes);
        if (!walk.isFound) {
            _requireUsed(walk, nodes);
            return root;
        }
        uint256 level = walk.depth - 1;
        if (walk.path[level].isLeaf) {
            if (level == 0) {
                _requireUsed(walk, nodes);
                return EMPTY_ROOT;
            }
            --level;
        }
        // No leaf stands below an extension, so this is a branch, and it has another item.
        Node memory branch = walk.path[level];
        uint256 remaining = branch.occupied & ~(uint256(1) << branch.slot);
        if (remaining & (remaining - 1) != 0) {
            _requireUsed(walk, nodes);
            return _rise(walk, level, _splice(branch, branch.slot, hex"80"));
        }
        return _collapse(walk, level, remaining, nodes);
    }

    /// @dev Replaces the branch at `level`, with the one item in the bitmap `remaining` left, by an extension or leaf that
    /// takes in the extensions above and below it.
    function _collapse(
        Walk memory walk,
        uint256 level,
        uint256 remaining,
        bytes[] calldata nodes
    ) private pure returns (bytes32) {
        Node memory branch = walk.path[level];
        bytes memory path;
        bool isLeaf;
        bytes memory item;
        if (remaining == 1 << VALUE_SLOT) {
            isLeaf = true;
            item = _item(branch, VALUE_SLOT);
        } else {
            uint256 nibble;
            while (remaining >> nibble != 1) ++nibble;
            path = abi.encodePacked(uint8(nibble));
            item = _item(branch, nibble);
            Node memory child = _follow(walk, item, nodes);
            if (!_isBranch(child)) {
                path = bytes.concat(path, child.path);
                isLeaf = child.isLeaf;
                item = _item(child, 1);
            }
        }
        _requireUsed(walk, nodes);
        if (level > 0 && !_isBranch(walk.path[level - 1])) {
            --level;
            path = bytes.concat(walk.path[level].path, path);
        }
        return _rise(walk, level, _encodeShort(path, 0, path.length, isLeaf, item));
    }

    /// @dev Follows the key from the root to where its path ends.
    function _descend(bytes32 root, bytes memory key, bytes[] calldata nodes) private pure returns (Walk memory walk) {
        require(key.length <= MAXIMUM_KEY_LENGTH, KeyTooLong(key.length));
        walk.nibbles = _toNibbles(key, 0, key.length, 0);
        if (root == EMPTY_ROOT) return walk;

        uint256 length = walk.nibbles.length;
        // Every node on the path but the last one takes a nibble at least.
        walk.path = new Node[](length + 1);
        Node memory node = _parse(_take(walk, root, nodes));
        while (true) {
            walk.path[walk.depth++] = node;
            uint256 cursor = walk.cursor;
            if (_isBranch(node)) {
                node.slot = cursor == length ? VALUE_SLOT : uint8(walk.nibbles[cursor]);
                bool isOccupied = (node.occupied >> node.slot) & 1 == 1;
                if (cursor == length) walk.isFound = isOccupied;
                if (cursor == length || !isOccupied) return walk;
                walk.cursor = cursor + 1;
                node = _follow(walk, _item(node, node.slot), nodes);
            } else {
                node.slot = 1;
                uint256 common = _commonLength(node.path, walk.nibbles, cursor);
                if (node.isLeaf) {
                    walk.isFound = common == node.path.length && cursor + common == length;
                    return walk;
                }
                if (common < node.path.length) return walk;
                walk.cursor = cursor + common;
                bytes memory item = _item(node, 1);
                node = _follow(walk, item, nodes);
                require(_isBranch(node), NodeMalformed(node.data));
            }
        }
    }

    /// @dev The node that the item `item` of its parent refers to.
    function _follow(Walk memory walk, bytes memory item, bytes[] calldata nodes) private pure returns (Node memory) {
        if (uint8(item[0]) != HASH_HEADER) return _parse(item);
        bytes memory node = _take(walk, bytes32(_word(item, 1)), nodes);
        require(node.length >= 32, NodeMalformed(node));
        return _parse(node);
    }

    /// @dev The next node of the list, whose hash is `hash`.
    function _take(Walk memory walk, bytes32 hash, bytes[] calldata nodes) private pure returns (bytes memory node) {
        require(walk.used < nodes.length, NodeMissing(hash));
        node = nodes[walk.used++];
        bytes32 actual = keccak256(node);
        require(actual == hash, NodeMismatch(hash, actual));
    }

    function _requireUsed(Walk memory walk, bytes[] calldata nodes) private pure {
        require(walk.used == nodes.length, NodesUnused(walk.used, nodes.length));
    }

    /// @dev Reads a node and checks its form.
    function _parse(bytes memory data) private pure returns (Node memory node) {
        node.data = data;
        uint256 end = data.length;
        (bool isValid, bool isList, uint256 first, uint256 length) = Rlp.item(data, 0, end);
        require(isValid && isList && first + length == end, NodeMalformed(data));

        uint256 start;
        (isValid, isList, start, length) = Rlp.item(data, first, end);
        require(isValid, NodeMalformed(data));
        uint256 second = start + length;
        (bool isSecondValid, bool isSecondList, uint256 secondStart, uint256 secondLength) = Rlp.item(
            data,
            second,
            end
        );
        require(isSecondValid, NodeMalformed(data));
        if (secondStart + secondLength != end) {
            _parseBranch(node, first);
            return node;
        }

        require(!isList && length > 0 && second <= START_MASK, NodeMalformed(data));
        node.starts = first | (second << START_BITS);
        uint256 prefix = uint8(data[start]);
        bool isOdd = prefix & 0x10 != 0;
        require(prefix < 0x40 && (isOdd || prefix & 0x0f == 0), NodeMalformed(data));
        node.path = _toNibbles(data, start, length, isOdd ? 1 : 2);
        if (prefix & 0x20 != 0) {
            node.isLeaf = true;
            require(!isSecondList && secondLength > 0, NodeMalformed(data));
        } else {
            require(node.path.length > 0 && _childLength(data, second) == end - second, NodeMalformed(data));
        }
    }

    /// @dev Reads the 17 items of a branch, the first of which starts at `position`.
    function _parseBranch(Node memory node, uint256 position) private pure {
        bytes memory data = node.data;
        uint256 end = data.length;
        uint256 starts;
        uint256 occupied;
        uint256 count;
        for (uint256 i = 0; i < VALUE_SLOT; ++i) {
            require(position < end, NodeMalformed(data));
            starts |= position << (START_BITS * i);
            if (uint8(data[position]) == NOTHING) {
                ++position;
            } else {
                uint256 size = _childLength(data, position);
                require(size > 0, NodeMalformed(data));
                position += size;
                occupied |= 1 << i;
                ++count;
            }
        }
        (bool isValid, bool isList, uint256 start, uint256 length) = Rlp.item(data, position, end);
        require(isValid && !isList && start + length == end, NodeMalformed(data));
        starts |= position << (START_BITS * VALUE_SLOT);
        if (length > 0) {
            occupied |= 1 << VALUE_SLOT;
            ++count;
        }
        require(count >= 2, NodeMalformed(data));
        node.starts = starts;
        node.occupied = occupied;
    }

    /// @dev Bytes of the reference at `position`: 33 of a hash, up to 31 of an embedded node; 0 if it is neither. It may
    /// run beyond the end of `data`, which the caller sees from where the next item would stand.
    function _childLength(bytes memory data, uint256 position) private pure returns (uint256) {
        uint256 first = uint8(data[position]);
        if (first == HASH_HEADER) return 33;
        if (first > 0xc0 && first < 0xc0 + 31) return first - 0xc0 + 1;
        return 0;
    }

    /// @dev What stands in place of the leaf or extension `node`, where the key leaves its path: a branch with both, below
    /// an extension if they have nibbles in common.
    function _fork(
        Node memory node,
        bytes memory nibbles,
        uint256 cursor,
        bytes memory valueItem
    ) private pure returns (bytes memory forked) {
        bytes memory path = node.path;
        uint256 common = _commonLength(path, nibbles, cursor);
        bytes memory old = _item(node, 1);
        uint256 oldSlot = VALUE_SLOT;
        if (common < path.length) {
            oldSlot = uint8(path[common]);
            bool isLeaf = node.isLeaf;
            if (isLeaf || common + 1 < path.length) {
                old = _reference(_encodeShort(path, common + 1, path.length, isLeaf, old));
            }
        }
        (uint256 slot, bytes memory entry) = _entry(nibbles, cursor + common, valueItem);
        forked = _encodeBranch(oldSlot, old, slot, entry);
        if (common > 0) forked = _encodeShort(path, 0, common, false, _reference(forked));
    }

    /// @dev The item of a branch that stands after `cursor` nibbles, with the value of the key, and its slot.
    function _entry(
        bytes memory nibbles,
        uint256 cursor,
        bytes memory valueItem
    ) private pure returns (uint256 slot, bytes memory entry) {
        if (cursor == nibbles.length) return (VALUE_SLOT, valueItem);
        slot = uint8(nibbles[cursor]);
        entry = _reference(_encodeShort(nibbles, cursor + 1, nibbles.length, true, valueItem));
    }

    /// @dev The root after `node` took the place of the node at `level`.
    function _rise(Walk memory walk, uint256 level, bytes memory node) private pure returns (bytes32) {
        for (; level > 0; --level) {
            Node memory parent = walk.path[level - 1];
            node = _splice(parent, parent.slot, _reference(node));
        }
        return keccak256(node);
    }

    /// @dev `node` with `replacement` in the place of item `slot`.
    function _splice(Node memory node, uint256 slot, bytes memory replacement) private pure returns (bytes memory) {
        bytes memory data = node.data;
        return
            Rlp.encodeList(
                bytes.concat(
                    _slice(data, _start(node, 0), _start(node, slot)),
                    replacement,
                    _slice(data, _end(node, slot), data.length)
                )
            );
    }

    /// @dev How a parent refers to `node`: by its hash, or by itself if that is shorter.
    function _reference(bytes memory node) private pure returns (bytes memory) {
        return node.length < 32 ? node : abi.encodePacked(uint8(HASH_HEADER), keccak256(node));
    }

    /// @dev A leaf or extension with the nibbles `from … to - 1` of `nibbles`.
    function _encodeShort(
        bytes memory nibbles,
        uint256 from,
        uint256 to,
        bool isLeaf,
        bytes memory item
    ) private pure returns (bytes memory) {
        uint256 odd = (to - from) & 1;
        bytes memory path = new bytes((to - from) / 2 + 1);
        uint256 prefix = isLeaf ? 0x20 : 0;
        if (odd == 1) prefix |= 0x10 | uint8(nibbles[from++]);
        path[0] = bytes1(uint8(prefix));
        for (uint256 i = 1; i < path.length; ++i) {
            path[i] = bytes1((uint8(nibbles[from]) << 4) | uint8(nibbles[from + 1]));
            from += 2;
        }
        return Rlp.encodeList(bytes.concat(Rlp.encodeBytes(path), item));
    }

    /// @dev A branch with two items.
    function _encodeBranch(
        uint256 slot,
        bytes memory item,
        uint256 otherSlot,
        bytes memory otherItem
    ) private pure returns (bytes memory) {
        if (slot > otherSlot) return _encodeBranch(otherSlot, otherItem, slot, item);
        bytes memory nothing = hex"8080808080808080808080808080808080";
        return
            Rlp.encodeList(
                bytes.concat(
                    _slice(nothing, 0, slot),
                    item,
                    _slice(nothing, 0, otherSlot - slot - 1),
                    otherItem,
                    _slice(nothing, 0, BRANCH_ITEMS - 1 - otherSlot)
                )
            );
    }

    /// @dev How many nibbles `path` has in common with `nibbles` from `cursor` on.
    function _commonLength(
        bytes memory path,
        bytes memory nibbles,
        uint256 cursor
    ) private pure returns (uint256 common) {
        uint256 most = nibbles.length - cursor;
        if (path.length < most) most = path.length;
        while (common < most && path[common] == nibbles[cursor + common]) ++common;
    }

    /// @dev The nibbles of the `length` bytes from `start` on, without the first `skip` of them.
    function _toNibbles(
        bytes memory data,
        uint256 start,
        uint256 length,
        uint256 skip
    ) private pure returns (bytes memory nibbles) {
        nibbles = new bytes(2 * length - skip);
        for (uint256 i = skip; i < 2 * length; ++i) {
            uint256 pair = uint8(data[start + i / 2]);
            nibbles[i - skip] = bytes1(uint8(i & 1 == 0 ? pair >> 4 : pair & 0x0f));
        }
    }

    /// @dev A branch has at least two items that are not empty; of other nodes, none is noted in `occupied`.
    function _isBranch(Node memory node) private pure returns (bool) {
        return node.occupied != 0;
    }

    /// @dev Where item `index` of `node` starts.
    function _start(Node memory node, uint256 index) private pure returns (uint256) {
        return (node.starts >> (START_BITS * index)) & START_MASK;
    }

    /// @dev Where item `index` of `node` ends.
    function _end(Node memory node, uint256 index) private pure returns (uint256) {
        bool isLast = index == (_isBranch(node) ? VALUE_SLOT : 1);
        return isLast ? node.data.length : _start(node, index + 1);
    }

    function _item(Node memory node, uint256 index) private pure returns (bytes memory) {
        return _slice(node.data, _start(node, index), _end(node, index));
    }

    /// @dev The bytes `from … to - 1` of `data`.
    function _slice(bytes memory data, uint256 from, uint256 to) private pure returns (bytes memory slice) {
        slice = new bytes(to - from);
        // In assembly as Solidity has no copy between byte arrays; both ranges lie inside their arrays.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mcopy(add(slice, 0x20), add(add(data, 0x20), from), sub(to, from))
        }
    }

    function _word(bytes memory data, uint256 position) private pure returns (uint256 word) {
        // In assembly as Solidity reads an array byte by byte only.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), position))
        }
    }
}
