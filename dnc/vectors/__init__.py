"""Run compliance test vectors through the real gate and the real functions.

A vector is one JSON object on a line: `id`, `type` and the facts of one question with the answer that is
expected. Types: `decision` (may this call be placed?), `abandonment` (a rate and whether it breaches),
`call_classification` (what one call was), `optout_deadline` (the last lawful day to honour a request).

What a vector does not mention is taken to be in order: lists it does not name are fresh and empty, the
Reassigned Numbers Database says `no` for the date of consent, a consent it names was given a month before the call, a
call without a mode is predictive. Words are read by `words`; what nobody knows is a `VectorError`.

    python -m dnc.vectors tests/data/compliance/vectors.jsonl
"""

from dnc.vectors.run import VectorResult, read_vector, run_vector, run_vectors
from dnc.vectors.words import VectorError

__all__ = ["VectorError", "VectorResult", "read_vector", "run_vector", "run_vectors"]
