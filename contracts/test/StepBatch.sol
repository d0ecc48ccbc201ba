// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Step batch
/// @notice Takes many steps in one call, for tests and tools that check whole traces.
contract StepBatch {
    /// @param target A OneStepProver, or a verifier.
    /// @param data Calldata of one of its functions.
    struct Item {
        address target;
        bytes data;
    }

    /// @param isSuccess Whether the call succeeded.
    /// @param data What it returned, or reverted with.
    /// @param gasUsed By the call, without its calldata.
    struct Outcome {
        bool isSuccess;
        bytes data;
        uint256 gasUsed;
    }

    /// @notice Makes the calls one after the other; each is given all gas but one 64th.
    function take(Item[] calldata items) external view returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 gas = gasleft();
            (bool isSuccess, bytes memory data) = items[i].target.staticcall(items[i].data);
            outcomes[i] = Outcome({isSuccess: isSuccess, data: data, gasUsed: gas - gasleft()});
        }
    }
}
