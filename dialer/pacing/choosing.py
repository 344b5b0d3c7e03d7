"""Which leads to dial for the room that is left, when leads carry their own answer probability.

Theory of operation
-------------------
One more call is lawful and worth it while its answer would find nobody with a probability under the price.
The same number of expected answers in fewer, surer calls varies less, so a sure lead is worth most where
room is scarce, but it must not close the room for those already ringing. So the surest lead is taken
after which the next call would still be under the price, and when there is none the least sure one, until
the price is reached.

Most of what per-lead probabilities are worth is in knowing them: who among those who ring is likely to
answer (see `docs/pacing`). The choice adds a little, and needs a pool to choose from.
"""

from __future__ import annotations

from collections.abc import Sequence

from dialer.pacing.look import Load

__all__ = ["choose"]


def choose(load: Load, probabilities: Sequence[float], threshold: float, limit: int, least: int) -> tuple[int, ...]:
    """Give the positions of the leads to dial now, in order.

    Args:
        load: what is on its way, and how risky one more answer is.
        probabilities: each lead's answer probability, 0 to 1.
        threshold: the price: the largest conditional probability of abandonment of one more call.
        limit: the most leads to dial.
        least: dial so many at least, the risk notwithstanding (1:1).
    """
    surest_first = sorted(range(len(probabilities)), key=lambda position: -probabilities[position])
    chosen: list[int] = []
    while surest_first and len(chosen) < limit:
        if len(chosen) >= least and not load.has_room(threshold):
            break
        # The risk after a call rises with its probability: halve the list to the surest that fits.
        low, high = 0, len(surest_first) - 1
        while low < high:
            middle = (low + high) // 2
            if load.plus(probabilities[surest_first[middle]]).risk < threshold:
                high = middle
            else:
                low = middle + 1
        taken = surest_first[low]
        if low and probabilities[taken] == probabilities[surest_first[low - 1]]:
            taken = next(lead for lead in surest_first if probabilities[lead] == probabilities[taken])
        surest_first.remove(taken)
        chosen.append(taken)
        load = load.plus(probabilities[taken])
    return tuple(chosen)
