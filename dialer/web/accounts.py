"""Who may do what in the office: one table of roles and acts, looked at by the server before every act.

Agents are no accounts: they have a desk (`dialer.web.desk`) and nothing of the office. An account that names client
companies sees and touches their campaigns only, whatever its role.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ALLOWED", "OFFICE", "Act", "Role", "User", "may"]


class Role(StrEnum):
    """What somebody is on this floor."""

    #: Takes calls at a desk.
    AGENT = "agent"
    #: Watches the floor, pauses and resumes campaigns.
    SUPERVISOR = "supervisor"
    #: Answers for campaigns and their figures.
    MANAGER = "manager"
    #: Answers for the law: looks numbers up, exports case files, may pause a campaign but not resume it.
    COMPLIANCE = "compliance"
    #: Answers for the installation: sees who may sign in and what was administered.
    ADMIN = "admin"


class Act(StrEnum):
    """What can be done in the office."""

    SEE_BOARD = "see_board"
    PAUSE_CAMPAIGN = "pause_campaign"
    RESUME_CAMPAIGN = "resume_campaign"
    CHANGE_TARGET = "change_target"
    MOVE_AGENT = "move_agent"
    JOIN_CALLS = "join_calls"
    MESSAGE_AGENTS = "message_agents"
    LOOK_UP_NUMBER = "look_up_number"
    EXPORT_CASE_FILE = "export_case_file"
    SEE_REGISTRIES = "see_registries"
    CHANGE_REGISTRIES = "change_registries"
    SEE_OWN_LISTS = "see_own_lists"
    CHANGE_OWN_LISTS = "change_own_lists"
    DECIDE_REMOVAL = "decide_removal"
    SEE_CONSENTS = "see_consents"
    SEE_RULES = "see_rules"
    SEE_REFUSALS = "see_refusals"
    CHECK_LEDGER = "check_ledger"
    SEE_CAMPAIGNS = "see_campaigns"
    LOAD_LIST = "load_list"
    SEE_REPORTS = "see_reports"
    SEE_ACCOUNTS = "see_accounts"


#: What is done with agents and the pace, from the board.
_FLOOR = frozenset({Act.CHANGE_TARGET, Act.MOVE_AGENT, Act.JOIN_CALLS, Act.MESSAGE_AGENTS})
#: What answers questions about the law and changes nothing of it.
_LAW = frozenset({Act.SEE_REGISTRIES, Act.SEE_OWN_LISTS, Act.SEE_CONSENTS, Act.SEE_RULES, Act.SEE_REFUSALS})
_PLANS = frozenset({Act.SEE_CAMPAIGNS, Act.SEE_REPORTS})
#: The table. What is not in it is refused.
ALLOWED: dict[Role, frozenset[Act]] = {
    Role.AGENT: frozenset(),
    Role.SUPERVISOR: _FLOOR | {Act.SEE_BOARD, Act.PAUSE_CAMPAIGN, Act.RESUME_CAMPAIGN},
    Role.MANAGER: _FLOOR
    | _LAW
    | _PLANS
    | {
        Act.SEE_BOARD,
        Act.PAUSE_CAMPAIGN,
        Act.RESUME_CAMPAIGN,
        Act.LOOK_UP_NUMBER,
        Act.CHANGE_OWN_LISTS,
        Act.LOAD_LIST,
    },
    Role.COMPLIANCE: _LAW
    | _PLANS
    | {
        Act.SEE_BOARD,
        Act.PAUSE_CAMPAIGN,
        Act.LOOK_UP_NUMBER,
        Act.EXPORT_CASE_FILE,
        Act.CHANGE_REGISTRIES,
        Act.CHANGE_OWN_LISTS,
        Act.DECIDE_REMOVAL,
        Act.CHECK_LEDGER,
    },
    Role.ADMIN: frozenset({Act.SEE_BOARD, Act.PAUSE_CAMPAIGN, Act.SEE_ACCOUNTS}),
}

#: Roles that an account can have.
OFFICE = tuple(role for role in Role if role is not Role.AGENT)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody of the office who has signed in.

    Attributes:
        account_id: who.
        name: what people read.
        role: what they are.
        clients: the client companies they see; empty means every one.
    """

    account_id: str
    name: str
    role: Role
    clients: tuple[str, ...] = ()

    def sees(self, client: str) -> bool:
        """Whether a client company's campaigns are theirs to see."""
        return not self.clients or client in self.clients


def may(user: User, act: Act) -> bool:
    """Whether somebody's role allows an act."""
    return act in ALLOWED[user.role]
