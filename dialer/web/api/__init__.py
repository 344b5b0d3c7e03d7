"""The HTTP API for clients' own programs: `/api/v1`, described by itself at `/api/v1/openapi.json`."""
