"""The faces in a browser and over HTTP: carrier callbacks, agents' desks, control, health, metrics."""
