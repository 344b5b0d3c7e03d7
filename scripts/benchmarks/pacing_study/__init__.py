"""The parts of `scripts/bench pacing`."""
