"""The command line: one module per noun, each a thin skin over the floors below.

Modules here import nothing heavy at their top, so that `dialer --help` answers at once.
"""

from dialer.cli.main import main

__all__ = ["main"]
