// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SpanRecord} from "../types/SpanRecord.sol";

/// @title Rivals
/// @notice The spans at one position, in the order in which they were recorded. Nothing that is recorded changes, but for the
/// player of a span whose reward is paid.
library Rivals {
    using SafeCast for uint256;

    /// @param first The first span; it ticks until there is a second.
    /// @param second The second.
    /// @param more Those after it, by their truncated root.
    struct Spans {
        SpanRecord first;
        SpanRecord second;
        mapping(bytes25 root => SpanRecord) more;
    }

    /// @notice What recording a span came to: it was there already, or it is the first at its position, or one of its rivals.
    enum Recorded {
        Before,
        First,
        Rival
    }

    /// @notice No span with this root was recorded at its position.
    error UnknownSpan(bytes25 root);

    /// @notice The span stands alone at its position: there is nothing to dispute.
    error Unrivaled(bytes25 root);

    /// @notice Records a span, unless it is there: then nothing changes.
    function record(Spans storage self, bytes25 root, uint24 player) internal returns (Recorded) {
        SpanRecord memory entry = SpanRecord({root: root, player: player, recordedAt: block.timestamp.toUint32()});
        SpanRecord memory first = self.first;
        if (first.recordedAt == 0) {
            self.first = entry;
            return Recorded.First;
        }
        if (first.root == root) return Recorded.Before;
        SpanRecord memory second = self.second;
        if (second.recordedAt == 0) {
            self.second = entry;
            return Recorded.Rival;
        }
        if (second.root == root || self.more[root].recordedAt != 0) return Recorded.Before;
        self.more[root] = entry;
        return Recorded.Rival;
    }

    /// @notice Reverts with UnknownSpan, or with Unrivaled if it has no rival.
    function checkRivaled(Spans storage self, bytes25 root) internal view {
        // The second is read first: if the span is that one, nothing else has to be.
        SpanRecord memory second = self.second;
        if (second.recordedAt != 0 && second.root == root) return;
        find(self, root);
        require(second.recordedAt != 0, Unrivaled(root));
    }

    /// @notice A recorded span. Reverts with UnknownSpan.
    function find(Spans storage self, bytes25 root) internal view returns (SpanRecord storage span) {
        span = self.first;
        if (span.recordedAt != 0 && span.root == root) return span;
        span = self.second;
        if (span.recordedAt != 0 && span.root == root) return span;
        span = self.more[root];
        require(span.recordedAt != 0, UnknownSpan(root));
    }

    /// @notice Seconds for which a span has been the only one at its position: those from the first to the second, or to now; none for
    /// all others. Reverts with UnknownSpan.
    function unrivaledTime(Spans storage self, bytes25 root) internal view returns (uint256) {
        SpanRecord memory first = self.first;
        if (first.recordedAt == 0 || first.root != root) {
            find(self, root);
            return 0;
        }
        uint256 end = self.second.recordedAt;
        return (end == 0 ? block.timestamp : end) - first.recordedAt;
    }
}
