// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ScriptedAccount} from "./ScriptedAccount.sol";

/// @title Call batch
/// @notice Makes many calls by many accounts in one transaction, hence at one time, for tests.
contract CallBatch {
    /// @param account The ScriptedAccount that makes it; zero for this contract itself.
    /// @param target Called.
    /// @param value Wei sent along.
    /// @param data Calldata.
    struct Call {
        ScriptedAccount account;
        address target;
        uint256 value;
        bytes data;
    }

    /// @param isSuccess Whether the call did not revert.
    /// @param data What it reverted with, or returned, if no account made it.
    struct Outcome {
        bool isSuccess;
        bytes data;
    }

    /// @notice A call was made.
    event Called(bool isSuccess, bytes data);

    receive() external payable {}

    /// @notice Makes calls, one after the other, whether or not those before succeeded.
    function run(Call[] calldata calls) external payable returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            Call calldata made = calls[i];
            (bool isSuccess, bytes memory data) = address(made.account) == address(0)
                ? made.target.call{value: made.value}(made.data)
                : address(made.account).call{value: made.value}(
                    abi.encodeCall(ScriptedAccount.run, (made.target, made.data))
                );
            outcomes[i] = Outcome(isSuccess, data);
            emit Called(isSuccess, data);
        }
    }
}
