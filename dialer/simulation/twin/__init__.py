"""The digital twin: a campaign's own list, agents and history through the real engine, under what-if settings."""
