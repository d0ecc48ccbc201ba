// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOneStepProver} from "../machine/interfaces/IOneStepProver.sol";
import {ChainInput} from "../machine/types/ChainInput.sol";
import {Witness} from "../machine/types/Witness.sol";

/// @title Scripted prover
/// @notice A one-step prover for tests whose steps are listed: with the witness empty the right one, and with anything as its `machine`
/// whatever was listed for that. It reverts where nothing was listed.
contract ScriptedProver is IOneStepProver {
    /// @param isStart Whether `start` takes it, or `step`.
    /// @param before The state before.
    /// @param machine Of the witness.
    /// @param afterwards The state after it.
    struct Step {
        bool isStart;
        bytes32 before;
        bytes machine;
        bytes32 afterwards;
    }

    /// @notice There is no such step in the script.
    error Unscripted(bytes32 before);

    /// @notice The step is for another Inbox or another number of batches than the script.
    error WrongInput(address inbox, uint256 target);

    mapping(bytes32 key => bytes32 afterwards) private _steps;
    address private _inbox;
    uint256 private _target;

    /// @notice Lists steps.
    function script(Step[] calldata steps) external {
        for (uint256 i = 0; i < steps.length; ++i) {
            _steps[_key(steps[i].isStart, steps[i].before, steps[i].machine)] = steps[i].afterwards;
        }
    }

    /// @notice Sets the one input that steps are taken with; of the zero address any is.
    function expectInput(address inbox, uint256 target) external {
        _inbox = inbox;
        _target = target;
    }

    /// @inheritdoc IOneStepProver
    function start(bytes32 before, Witness calldata w, ChainInput calldata input) external view returns (bytes32) {
        return _take(true, before, w, input);
    }

    /// @inheritdoc IOneStepProver
    function step(bytes32 before, Witness calldata w, ChainInput calldata input) external view returns (bytes32) {
        return _take(false, before, w, input);
    }

    function _take(
        bool isStart,
        bytes32 before,
        Witness calldata w,
        ChainInput calldata input
    ) private view returns (bytes32 afterwards) {
        require(
            _inbox == address(0) || (address(input.inbox) == _inbox && input.target == _target),
            WrongInput(address(input.inbox), input.target)
        );
        afterwards = _steps[_key(isStart, before, w.machine)];
        require(afterwards != 0, Unscripted(before));
    }

    function _key(bool isStart, bytes32 before, bytes calldata machine) private pure returns (bytes32) {
        return keccak256(abi.encode(isStart, before, machine));
    }
}
