"""Past calls of other systems: what their files and codes mean, and what ours are called there."""

from campaigns.history.codes import CODES, Meaning, code_of, meaning_of
from campaigns.history.reading import COLUMNS, HistoryFile, PastCall

__all__ = ["CODES", "COLUMNS", "HistoryFile", "Meaning", "PastCall", "code_of", "meaning_of"]
