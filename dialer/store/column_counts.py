# ruff: noqa: S608 - the text is made of our own names and numbers; what people wrote is bound or registered
"""Calls counted by columns: millions of rows, grouped by anything, in one pass of DuckDB.

What a call is (live, in time, abandoned ...) is said by `dialer.reports.calls` for rows in memory, and by `_RATED` here
for rows on disk; a test draws random books and holds the two against each other, group by group. Formulas are not
here: only sums leave this module.

Local hours and days come from a table of quarters of an hour made by the caller with the product's own time-zone
data: every clock on earth is a multiple of fifteen minutes away from UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialer.store.column_files import FLAG_BITS, KINDS, Parts

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BY", "QUARTER", "CampaignRow", "Counted", "Counts"]

#: One quarter of an hour, microseconds.
QUARTER = 900_000_000

#: What calls may be grouped by -> the group's name, of a row of `rated` joined as `Counts` does it.
BY: dict[str, str] = {
    "campaign": "campaign",
    "client": "client",
    "list": "list",
    "pass": "pass",
    "agent": "coalesce(agent, '(none)')",
    "hour": "hour",
    "day": "day",
    "caller_id": "coalesce(caller_id, '(none)')",
    "result": "coalesce(result, 'open')",
    "language": "language",
}
#: Groups that say something of agents' time, and of refusals.
_OF_TIME = {"campaign", "client", "agent", "hour", "day"}
_OF_REFUSALS = {"campaign", "client", "hour", "day"}
_OF_LEADS = {"campaign", "client", "list"}

_EMPTY = {
    "calls": "SELECT ''::VARCHAR campaign, 0::BIGINT lead_id, ''::VARCHAR result,"
    " ''::VARCHAR agent, ''::VARCHAR caller_id, false amd_machine, false message_played, 0::TINYINT flags,"
    " 0::BIGINT placed, 0::BIGINT ringing, 0::BIGINT answered, 0::BIGINT bridged, 0::BIGINT ended WHERE false",
    "changes": "SELECT ''::VARCHAR campaign, ''::VARCHAR agent_id, ''::VARCHAR state, 0::BIGINT AS \"at\","
    " 0::BIGINT change_id WHERE false",
    "refusals": "SELECT ''::VARCHAR campaign, 0::BIGINT AS \"at\", ''::VARCHAR code WHERE false",
}

#: Results of agentless campaigns that are counted by themselves (`dialer.reports.tally.MESSAGE_RESULTS`).
_OF_MESSAGES = ("message_heard", "message_part", "opted_out", "to_agent", "voicemail_left")

_MACHINE_BIT = 1 << FLAG_BITS.index("machine")
#: See `dialer.reports.calls`: the same words in the same order.
_RATED = f"""
CREATE TABLE rated AS
WITH live AS (
    SELECT c.*, k.client, k.within_s, k.min_ring, k.zone,
        amd_machine OR coalesce(result IN ('machine', 'fax', 'voicemail_left'), false)
            OR coalesce(flags & {_MACHINE_BIT}, 0) > 0 AS machine,
        (answered IS NOT NULL OR coalesce(result IN ('human', 'abandoned', 'hung_up_first', 'to_agent', 'message_heard',
            'message_part', 'opted_out'), false))
            AND NOT machine AS live,
        (bridged - answered) / 1e6 AS wait,
        (ended - answered) / 1e6 AS stayed
    FROM calls c JOIN campaigns k USING (campaign)
), fates AS (
    SELECT *,
        live AND (coalesce(wait >= 0 AND wait <= within_s, false)
            OR (coalesce(result = 'to_agent', false) AND bridged IS NOT NULL)) AS in_time,
        live AND coalesce(result = 'hung_up_first', false) AND bridged IS NULL
            AND coalesce(stayed >= 0 AND stayed <= within_s, false) AS hung_up_first
    FROM live
)
SELECT *, live OR machine AS reached, live AND NOT in_time AND NOT hung_up_first
    AND NOT coalesce(result IN ('message_heard', 'message_part', 'opted_out'), false) AS abandoned FROM fates
"""

_SUMS = ", ".join(
    (
        "count(*) AS dials",
        "count(*) FILTER (reached) AS answered",
        "count(*) FILTER (machine) AS machine",
        "count(*) FILTER (live) AS live",
        "count(*) FILTER (in_time) AS in_time",
        "count(*) FILTER (abandoned) AS abandoned",
        "count(*) FILTER (hung_up_first) AS hung_up_first",
        "count(bridged) AS joined",
        "count(bridged) FILTER (abandoned) AS joined_late",
        "count(*) FILTER (result IS NULL) AS open",
        "count(*) FILTER (abandoned AND bridged IS NULL AND NOT message_played) AS silent",
        "count(*) FILTER (result = 'cancelled' AND answered IS NULL"
        " AND (ended - coalesce(ringing, placed)) / 1e6 < min_ring) AS short_rings",
        *(f"count(*) FILTER (result = '{name}') AS {name}" for name in _OF_MESSAGES),
    )
)
_FLAG_SUMS = ", ".join(
    f"count(*) FILTER (coalesce(flags & {1 << n}, 0) > 0) AS flag_{flag}" for n, flag in enumerate(FLAG_BITS)
)


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """What the counting must know of a campaign.

    Attributes:
        campaign: its name.
        client: the company it is for.
        within: seconds from the answer in which an agent must be there, greeting included.
        min_ring: seconds that an unanswered call must ring.
        zone: its place among the zones of the quarters.
    """

    campaign: str
    client: str
    within: float
    min_ring: float
    zone: int


@dataclass(slots=True)
class Counted:
    """Sums over the calls of one group; None where nobody can know.

    Attributes:
        calls: counts by name.
        flags: calls by flag of their last disposition.
        waits: s from answer to agent of the people joined, ascending.
        starts: when each call was placed, ascending, microseconds.
        ends: when each ended (open ones: at the report's end), ascending.
        seconds: of agents by state, s.
        agents: distinct agents signed in.
        refusals: of the gate.
        due: promises whose due date is over.
        kept: of those, kept.
    """

    calls: dict[str, int]
    flags: dict[str, int]
    waits: NDArray[np.float64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    seconds: dict[str, float] | None = None
    agents: int | None = None
    refusals: int | None = None
    due: int = 0
    kept: int = 0


class Counts:
    """The rows of some campaigns, ready to be counted. Use it as a context manager.

    Args:
        parts: where the rows are.
        campaigns: what must be known of each.
        since: the report's beginning, microseconds.
        until: its end; agents' last states last until here.
        quarters: for each zone and quarter of an hour of the report, (zone, quarter, hour, day): the local hour, such
            as `09:00`, and the local day.
        leads: of each lead, (lead_id, list, language); needed for groups by list and language only.
        promises: promises that are due, as (campaign, lead_id, placed, kept).
    """

    def __init__(
        self,
        parts: Parts,
        campaigns: Sequence[CampaignRow],
        since: int,
        until: int,
        *,
        quarters: Sequence[tuple[int, int, str, str]] = (),
        leads: Sequence[tuple[int, str, str]] = (),
        promises: Sequence[tuple[str, int, int, bool]] = (),
    ) -> None:
        import duckdb
        import pandas as pd

        self._since, self._until = since, until
        self._db: duckdb.DuckDBPyConnection = duckdb.connect(":memory:")
        self._db.execute("SET enable_progress_bar = false")
        for kind in KINDS:
            self._gather(kind, parts)
        tables = {
            "campaigns": pd.DataFrame(
                [(c.campaign, c.client, c.within, c.min_ring, c.zone) for c in campaigns],
                columns=["campaign", "client", "within_s", "min_ring", "zone"],
            ).astype({"within_s": "float64", "min_ring": "float64", "zone": "int64"}),
            "quarters": pd.DataFrame(list(quarters), columns=["zone", "quarter", "hour", "day"]).astype(
                {"zone": "int64", "quarter": "int64", "hour": "str", "day": "str"}
            ),
            "leads": pd.DataFrame(list(leads), columns=["lead_id", "list", "language"]).astype(
                {"lead_id": "int64", "list": "str", "language": "str"}
            ),
            "promises": pd.DataFrame(list(promises), columns=["campaign", "lead_id", "placed", "kept"]).astype(
                {"campaign": "str", "lead_id": "int64", "placed": "int64", "kept": "bool"}
            ),
        }
        for name, frame in tables.items():
            self._db.register(f"{name}_given", frame)
            self._db.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_given")
            self._db.unregister(f"{name}_given")
        self._db.execute(_RATED)

    def __enter__(self) -> Counts:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def _gather(self, kind: str, parts: Parts) -> None:
        """One view over the files of a kind and its rows from the database."""
        sources = [_EMPTY[kind]]
        if parts.files[kind]:
            listed = ", ".join("'" + each.replace("'", "''") + "'" for each in parts.files[kind])
            sources.append(f"SELECT * FROM read_parquet([{listed}])")
        for n, table in enumerate(parts.rows[kind]):
            self._db.register(f"{kind}_{n}", table)
            sources.append(f"SELECT * FROM {kind}_{n}")
        self._db.execute(f"CREATE VIEW {kind} AS " + " UNION ALL BY NAME ".join(sources))

    def _grouped(self, by: str | None) -> str:
        """The calls of the report with the name of their group as `key`."""
        if by == "pass":  # the first calls of a lead may lie before the report
            source = (
                "(SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY campaign, lead_id ORDER BY placed) AS pass"
                f" FROM rated) WHERE placed >= {self._since} AND placed < {self._until}) r"
            )
        else:
            source = f"(SELECT * FROM rated WHERE placed >= {self._since} AND placed < {self._until}) r"
        if by in ("hour", "day"):
            source += f" JOIN quarters q ON q.zone = r.zone AND q.quarter = r.placed // {QUARTER}"
        if by in ("list", "language"):
            source += " JOIN leads l ON l.lead_id = r.lead_id"
        key = "''" if by is None else BY[by]
        return f"(SELECT r.*, {key} AS key FROM {source})"

    def groups(self, by: str | None) -> dict[str | int, Counted]:
        """The calls of the report, grouped; without `by` one group named "".

        Args:
            by: one of `BY`.
        """
        import numpy as np

        self._db.execute("DROP VIEW IF EXISTS grouped")
        self._db.execute(f"CREATE VIEW grouped AS SELECT * FROM {self._grouped(by)}")
        cursor = self._db.execute(f"SELECT key, {_SUMS}, {_FLAG_SUMS} FROM grouped GROUP BY key ORDER BY key")
        names = [each[0] for each in cursor.description or ()][1:]
        found: dict[str | int, Counted] = {}
        for key, *numbers in cursor.fetchall():
            sums = dict(zip(names, map(int, numbers), strict=True))
            flags = {flag: sums.pop(f"flag_{flag}") for flag in FLAG_BITS}
            none = np.empty(0, dtype=np.int64)
            found[key] = Counted(sums, flags, none.astype(float), none, none)
        if not found and by is None:
            found[""] = self._nothing()
        self._waits(found)
        self._lines(found)
        self._promises(found)
        if by is None or by in _OF_TIME:
            self._time(by, found)
        if by is None or by in _OF_REFUSALS:
            self._refusals(by, found)
        return found

    @staticmethod
    def _nothing() -> Counted:
        """A group without calls."""
        import numpy as np

        names = [each.rsplit(" AS ", 1)[1] for each in _SUMS.split(", ") if " AS " in each]
        none = np.empty(0, dtype=np.int64)
        return Counted(dict.fromkeys(names, 0), dict.fromkeys(FLAG_BITS, 0), none.astype(float), none, none)

    def _waits(self, found: Mapping[str | int, Counted]) -> None:
        import numpy as np

        waited = "SELECT key, list(wait ORDER BY wait) FROM grouped WHERE live AND wait >= 0 GROUP BY key"
        for key, waits in self._db.execute(waited).fetchall():
            found[key].waits = np.asarray(waits, dtype=np.float64)

    def _lines(self, found: Mapping[str | int, Counted]) -> None:
        """When calls began and ended, each ascending, group by group."""
        import numpy as np

        order = {key: n for n, key in enumerate(found)}
        self._db.execute("CREATE OR REPLACE TEMP TABLE places (key VARCHAR, n INTEGER)")
        if order:
            self._db.executemany("INSERT INTO places VALUES (?, ?)", [(str(key), n) for key, n in order.items()])
        columns = self._db.execute(
            f"SELECT n, placed, coalesce(ended, {self._until}) AS ended FROM grouped g"
            " JOIN places p ON p.key = g.key::VARCHAR"
        ).fetchnumpy()
        group = np.asarray(columns["n"])
        placed, ended = (np.asarray(columns[name], dtype=np.int64) for name in ("placed", "ended"))
        ended = np.maximum(ended, placed)
        cuts = np.concatenate(([0], np.cumsum(np.bincount(group, minlength=len(order)))))
        by_group = np.argsort(group.astype(np.int32), kind="stable") if len(order) > 1 else slice(None)
        placed, ended = placed[by_group], ended[by_group]
        for key, n in order.items():
            mine = slice(int(cuts[n]), int(cuts[n + 1]))
            found[key].starts, found[key].ends = np.sort(placed[mine]), np.sort(ended[mine])

    def _promises(self, found: Mapping[str | int, Counted]) -> None:
        rows = self._db.execute(
            "SELECT key, count(*), count(*) FILTER (p.kept) FROM grouped g"
            " JOIN promises p USING (campaign, lead_id, placed) GROUP BY key"
        ).fetchall()
        for key, due, kept in rows:
            found[key].due, found[key].kept = int(due), int(kept)

    def _time(self, by: str | None, found: dict[str | int, Counted]) -> None:
        """What agents spent in each state."""
        stays = f"""
            (SELECT campaign, client, zone, agent_id AS agent, state,
                greatest(since, {self._since}) AS begun, least(till, {self._until}) AS left_at
            FROM (SELECT c.*, k.client, k.zone, c."at" AS since, lead(c."at", 1, {self._until}) OVER
                    (PARTITION BY c.campaign, c.agent_id ORDER BY c."at", c.change_id) AS till
                FROM changes c JOIN campaigns k USING (campaign) WHERE c."at" < {self._until})
            WHERE state <> 'offline' AND least(till, {self._until}) > greatest(since, {self._since}))"""
        if by in ("hour", "day"):  # a stay is cut where a quarter of an hour ends
            source = f"""
                (SELECT s.* EXCLUDE (begun, left_at, quarter), q.hour, q.day,
                    greatest(begun, s.quarter * {QUARTER}) AS begun,
                    least(left_at, (s.quarter + 1) * {QUARTER}) AS left_at
                FROM (SELECT *, unnest(range(begun // {QUARTER}, (left_at - 1) // {QUARTER} + 1)) AS quarter
                    FROM {stays}) s
                JOIN quarters q ON q.zone = s.zone AND q.quarter = s.quarter)"""
        else:
            source = stays
        key = "''" if by is None else BY[by]
        rows = self._db.execute(
            f"SELECT {key} AS key, state, sum(left_at - begun)::BIGINT FROM {source} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        heads = self._db.execute(f"SELECT {key} AS key, count(DISTINCT agent) FROM {source} GROUP BY key").fetchall()
        for one in found.values():
            one.seconds, one.agents = {}, 0
        for name, number in heads:
            one = found.setdefault(name, self._nothing())
            one.agents = int(number)
            one.seconds = {}
        for name, state, spent in rows:
            spent_in = found[name].seconds
            assert spent_in is not None
            spent_in[state] = int(spent) / 1e6

    def _refusals(self, by: str | None, found: dict[str | int, Counted]) -> None:
        source = (
            "(SELECT r.*, k.client, k.zone FROM refusals r JOIN campaigns k USING (campaign)"
            f' WHERE r."at" >= {self._since} AND r."at" < {self._until}) r'
        )
        if by in ("hour", "day"):
            source += f' JOIN quarters q ON q.zone = r.zone AND q.quarter = r."at" // {QUARTER}'
        key = "''" if by is None else BY[by]
        for one in found.values():
            one.refusals = 0
        for name, number in self._db.execute(f"SELECT {key} AS key, count(*) FROM {source} GROUP BY key").fetchall():
            found.setdefault(name, self._nothing()).refusals = int(number)

    def refusals_by_rule(self) -> list[tuple[str, int]]:
        """Refusals of the report by rule, most frequent first."""
        return [
            (str(code), int(number))
            for code, number in self._db.execute(
                f'SELECT code, count(*) AS n FROM refusals WHERE "at" >= {self._since} AND "at" < {self._until}'
                " GROUP BY code ORDER BY n DESC, code"
            ).fetchall()
        ]

    def tried(self, by: str | None) -> dict[str | int, list[tuple[int, int]]]:
        """How many leads had how many attempts so far, by group; leads that were never tried are not among them.

        Empty for groups that leads do not belong to.
        """
        if by is not None and by not in _OF_LEADS:
            return {}
        source = "calls c JOIN campaigns k USING (campaign)"
        if by == "list":
            source += " JOIN leads l ON l.lead_id = c.lead_id"
        key = "''" if by is None else BY[by]
        found: dict[str | int, list[tuple[int, int]]] = {}
        for name, made, leads in self._db.execute(
            f"SELECT key, made, count(*) FROM (SELECT {key} AS key, c.lead_id, count(*) AS made FROM {source}"
            " GROUP BY ALL) GROUP BY key, made ORDER BY key, made"
        ).fetchall():
            found.setdefault(name, []).append((int(made), int(leads)))
        return found

    def fates(
        self, campaign: str, within: float, cuts: Sequence[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """All calls of a campaign up to the report's end, summed over stretches of at most a quarter of an hour.

        Args:
            campaign: its name.
            within: seconds from the answer in which an agent must be there.
            cuts: instants at which a stretch ends, beside the quarters'.

        Returns:
            Of each stretch one instant in it, the abandoned, those in time, and the machines.
        """
        import numpy as np

        odd = [f"placed >= {int(cut)}" for cut in sorted(set(cuts)) if cut % QUARTER]
        stretches = ", ".join([f"placed // {QUARTER}", *odd])
        rows = self._db.execute(
            f"""
            SELECT min(placed), count(*) FILTER (live AND NOT ok AND NOT hung
                    AND NOT coalesce(result IN ('message_heard', 'message_part', 'opted_out'), false)),
                count(*) FILTER (ok), count(*) FILTER (machine)
            FROM (SELECT *, live AND (coalesce(wait >= 0 AND wait <= ?, false)
                        OR (coalesce(result = 'to_agent', false) AND bridged IS NOT NULL)) AS ok,
                    live AND coalesce(result = 'hung_up_first', false) AND bridged IS NULL
                        AND coalesce(stayed >= 0 AND stayed <= ?, false) AS hung
                FROM rated WHERE campaign = ? AND placed < {self._until})
            GROUP BY {stretches}
            """,
            [within, within, campaign],
        ).fetchall()
        found = np.array(rows, dtype=np.int64).reshape(len(rows), 4)
        return found[:, 0], found[:, 1], found[:, 2], found[:, 3]
