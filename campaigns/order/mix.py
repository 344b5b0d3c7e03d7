"""Lists mixed by share: smooth weighted round robin.

At each turn every list that has leads gains its share; the one with the most gives the next lead and pays the sum of
the shares that took part. So 3 to 1 comes as A A B A, not in blocks; a list without leads takes no part, gathers no
claim, and the others have its share.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

__all__ = ["Mix"]


class Mix:
    """Whose turn it is, kept from lead to lead."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._shares = dict(shares)
        self._gained = dict.fromkeys(shares, 0.0)

    def turn(self, having: Collection[str]) -> str:
        """The list, of those that have leads, that gives the next one; between equals the one named first.

        Raises:
            ValueError: none of the lists has leads.
        """
        active = [name for name in self._shares if name in having]
        for name in active:
            self._gained[name] += self._shares[name]
        chosen = max(active, key=self._gained.__getitem__)
        self._gained[chosen] -= sum(self._shares[name] for name in active)
        return chosen
