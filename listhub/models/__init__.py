"""What is stored: SQLAlchemy classes, columns only, one aggregate per module."""

from listhub.models import spool
from listhub.models.archive import (
    ArchiveKey,
    ArchiveMessage,
    ArchiveRemoved,
    ArchiveText,
)
from listhub.models.base import Base
from listhub.models.bounce import (
    BounceAction,
    BounceBreaker,
    BounceEvent,
    Suppression,
)
from listhub.models.custom_file import CustomFile
from listhub.models.digest import DigestEntry, DigestIssue
from listhub.models.domain import Domain
from listhub.models.mailing_list import MailingList
from listhub.models.notice import NoticeCount, NoticeWaiting
from listhub.models.outgoing import Outcome, Outgoing, Packet
from listhub.models.person import Audit, Person, Role
from listhub.models.request import Request, RequestKey
from listhub.models.setting import SettingVersion
from listhub.models.source import DataSource, Exclusion, Inclusion, SourceSync
from listhub.models.subscription import RECEPTIONS, Subscription
from listhub.models.topic import Attachment, MessageTopic

__all__ = [
    "RECEPTIONS",
    "ArchiveKey",
    "ArchiveMessage",
    "ArchiveRemoved",
    "ArchiveText",
    "Attachment",
    "Audit",
    "Base",
    "BounceAction",
    "BounceBreaker",
    "BounceEvent",
    "CustomFile",
    "DataSource",
    "DigestEntry",
    "DigestIssue",
    "Domain",
    "Exclusion",
    "Inclusion",
    "MailingList",
    "MessageTopic",
    "NoticeCount",
    "NoticeWaiting",
    "Outcome",
    "Outgoing",
    "Packet",
    "Person",
    "Request",
    "RequestKey",
    "Role",
    "SettingVersion",
    "SourceSync",
    "Subscription",
    "Suppression",
    "spool",
]
