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
    LOOK_UP_NUMBER = "look_up_number"
    EXPORT_CASE_FILE = "export_case_file"
    SEE_ACCOUNTS = "see_accounts"


#: The table. What is not in it is refused.
ALLOWED: dict[Role, frozenset[Act]] = {
    Role.AGENT: frozenset(),
    Role.SUPERVISOR: frozenset({Act.SEE_BOARD, Act.PAUSE_CAMPAIGN, Act.RESUME_CAMPAIGN}),
    Role.MANAGER: frozenset({Act.SEE_BOARD, Act.PAUSE_CAMPAIGN, Act.RESUME_CAMPAIGN, Act.LOOK_UP_NUMBER}),
    Role.COMPLIANCE: frozenset({Act.SEE_BOARD, Act.PAUSE_CAMPAIGN, Act.LOOK_UP_NUMBER, Act.EXPORT_CASE_FILE}),
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
