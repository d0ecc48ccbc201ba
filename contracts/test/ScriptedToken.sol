// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Scripted token
/// @notice Answers each function as its test says, whatever it is asked: for tokens that lie, and for answers that no token gives.
contract ScriptedToken {
    /// @param data What it answers.
    /// @param zeros Bytes of zeros behind.
    /// @param isRevert Whether it reverts with that.
    /// @param isEndless Whether it uses up all gas instead.
    /// @param target Called before it answers; zero makes no call.
    /// @param call Calldata.
    struct Answer {
        bytes data;
        uint256 zeros;
        bool isRevert;
        bool isEndless;
        address target;
        bytes call;
    }

    /// @notice Whether the last call it made succeeded.
    bool public succeeded;
    /// @notice How often it made a call.
    uint256 public calls;

    mapping(bytes4 selector => Answer answer) private _answers;

    fallback() external {
        Answer memory answer = _answers[msg.sig];
        while (answer.isEndless) {}
        if (answer.target != address(0)) {
            ++calls;
            // Whatever it is.
            // solhint-disable-next-line avoid-low-level-calls
            (succeeded, ) = answer.target.call(answer.call);
        }
        bytes memory data = answer.data;
        uint256 zeros = answer.zeros;
        bool isRevert = answer.isRevert;
        // Solidity has no other way to answer with any bytes. What is behind the data in memory is zero, or overwritten.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let length := mload(data)
            let from := mload(0x40)
            mcopy(from, add(data, 0x20), length)
            if isRevert {
                revert(from, add(length, zeros))
            }
            return(from, add(length, zeros))
        }
    }

    /// @notice Sets the answer to a function.
    function setAnswer(bytes4 selector, Answer calldata answer) external {
        _answers[selector] = answer;
    }
}
