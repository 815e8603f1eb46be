"""The smallest edits that make a guest sound: proposed by remedies, verified by judging the changed guest afresh."""
