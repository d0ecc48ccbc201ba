// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";

import {IBridgeRecipient} from "../bridges/interfaces/IBridgeRecipient.sol";

/// @title Scripted recipient
/// @notice Gets tokens from a bridge, notes what it saw, and does what its test says.
contract ScriptedRecipient is IBridgeRecipient, ERC1155Holder {
    /// @notice Take: answers as it should. Refuse: reverts. AnswerWrongly: gives another selector. BurnGas: uses up all gas. Megabyte: returns
    /// 1,000,000 bytes after the selector. RevertMegabyte: reverts with them.
    enum Conduct {
        Take,
        Refuse,
        AnswerWrongly,
        BurnGas,
        Megabyte,
        RevertMegabyte
    }

    /// @notice It does not want them.
    error Refused();

    /// @notice What it does when it gets something.
    Conduct public conduct;
    /// @notice Gas left when it was last called; 0 if that failed or never happened.
    uint256 public gasSeen;
    /// @notice What it was told.
    address public callerSeen;
    address public senderSeen;
    address public tokenSeen;
    uint256 public valueSeen;
    bytes public dataSeen;
    uint256[] private _idsSeen;
    uint256[] private _amountsSeen;
    /// @notice How often it was called.
    uint256 public calls;
    /// @notice Whether the call it made of its own succeeded, and what it gave.
    bool public succeeded;
    bytes public returned;

    address private _target;
    bytes private _call;

    receive() external payable {
        _react();
    }

    /// @inheritdoc IBridgeRecipient
    function onTokensBridged(
        address sender,
        address token,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        bytes calldata data
    ) external payable returns (bytes4) {
        gasSeen = gasleft();
        callerSeen = msg.sender;
        senderSeen = sender;
        tokenSeen = token;
        valueSeen = msg.value;
        dataSeen = data;
        _idsSeen = ids;
        _amountsSeen = amounts;
        _react();
        return conduct == Conduct.AnswerWrongly ? bytes4(0xdeadbeef) : IBridgeRecipient.onTokensBridged.selector;
    }

    /// @notice Sets what it does when it gets something, and a call it makes of its own before; none if `target` is zero.
    function behave(Conduct chosen, address target, bytes calldata data) external {
        conduct = chosen;
        _target = target;
        _call = data;
    }

    /// @notice Makes a call, and passes on what it reverts with.
    function run(address target, bytes calldata data) external payable {
        (bool isSuccess, bytes memory result) = target.call{value: msg.value}(data);
        if (isSuccess) return;
        // Solidity reverts only with errors it knows; these bytes are any.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }

    /// @notice What it was told.
    function idsSeen() external view returns (uint256[] memory) {
        return _idsSeen;
    }

    /// @notice What it was told.
    function amountsSeen() external view returns (uint256[] memory) {
        return _amountsSeen;
    }

    function _react() private {
        ++calls;
        if (conduct == Conduct.Refuse) revert Refused();
        if (conduct == Conduct.BurnGas) {
            // All of it at once.
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                invalid()
            }
        }
        // Whatever it is.
        // solhint-disable-next-line avoid-low-level-calls
        if (_target != address(0)) (succeeded, returned) = _target.call(_call);
        bytes4 selector = IBridgeRecipient.onTokensBridged.selector;
        // Solidity has no other way to answer with so much.
        if (conduct == Conduct.Megabyte) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                let from := mload(0x40)
                mstore(from, selector)
                return(from, 1000000)
            }
        }
        if (conduct == Conduct.RevertMegabyte) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                revert(mload(0x40), 1000000)
            }
        }
    }
}
