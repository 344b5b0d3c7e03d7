"""The floor in virtual time: synthetic people, agents and faults around the same engine."""
