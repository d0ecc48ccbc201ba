// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Scripted account
/// @notice A contract for tests that makes any call it is asked to and, when called itself, plays a script and remembers
/// what it saw.
contract ScriptedAccount {
    /// @param target Account called in reaction to being called; zero makes no call.
    /// @param value Wei sent along.
    /// @param data Calldata.
    /// @param revertWith What to revert with afterwards; empty does not revert.
    struct Script {
        address target;
        uint256 value;
        bytes data;
        bytes revertWith;
    }

    /// @notice The call failed and gave no reason.
    error FailedWithoutReason(address target);

    Script private _script;

    /// @notice Gas left when it was last called; 0 if that failed or never happened.
    uint256 public gasSeen;
    /// @notice Caller of the last call.
    address public callerSeen;
    /// @notice Wei of the last call.
    uint256 public valueSeen;
    /// @notice Calldata of the last call.
    bytes public dataSeen;
    /// @notice How often it was called.
    uint256 public calls;
    /// @notice Whether the script's call succeeded.
    bool public succeeded;
    /// @notice What the script's call returned or reverted with.
    bytes public returned;

    /// @notice Makes a call as soon as it exists, while it has no code, unless `target` is zero.
    constructor(address target, bytes memory data) payable {
        if (target != address(0)) _call(target, msg.value, data);
    }

    receive() external payable {
        _react();
    }

    fallback() external payable {
        _react();
    }

    /// @notice Sets what to do when called.
    function setScript(Script calldata script) external {
        _script = script;
    }

    /// @notice Calls `target` with the ETH sent, passing on what it reverts with.
    function run(address target, bytes calldata data) external payable {
        _call(target, msg.value, data);
    }

    function _react() private {
        gasSeen = gasleft();
        callerSeen = msg.sender;
        valueSeen = msg.value;
        dataSeen = msg.data;
        ++calls;
        Script memory script = _script;
        if (script.target != address(0)) {
            (succeeded, returned) = script.target.call{value: script.value}(script.data);
        }
        _revertWith(script.revertWith);
    }

    function _call(address target, uint256 value, bytes memory data) private {
        (bool success, bytes memory result) = target.call{value: value}(data);
        if (!success) {
            _revertWith(result);
            revert FailedWithoutReason(target);
        }
    }

    function _revertWith(bytes memory reason) private pure {
        if (reason.length == 0) return;
        // Solidity reverts only with errors it knows; these bytes are any.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
