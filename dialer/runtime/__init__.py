"""The live runtime: clock, carrier, store and gate around the engine."""
