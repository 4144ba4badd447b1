"""What is stored: SQLAlchemy classes, columns only, one aggregate per module."""

from listhub.models import spool
from listhub.models.archive import ArchiveMessage
from listhub.models.base import Base
from listhub.models.bounce import BounceEvent
from listhub.models.domain import Domain
from listhub.models.mailing_list import MailingList
from listhub.models.outgoing import Outcome, Outgoing, Packet
from listhub.models.person import Audit, Person, Role
from listhub.models.setting import SettingVersion
from listhub.models.subscription import RECEPTIONS, Subscription

__all__ = [
    "RECEPTIONS",
    "ArchiveMessage",
    "Audit",
    "Base",
    "BounceEvent",
    "Domain",
    "MailingList",
    "Outcome",
    "Outgoing",
    "Packet",
    "Person",
    "Role",
    "SettingVersion",
    "Subscription",
    "spool",
]
