"""What is stored: SQLAlchemy classes, columns only, one aggregate per module."""

from listhub.models import spool
from listhub.models.account import (
    ApiAnswer,
    ApiToken,
    Identity,
    Password,
    RateLimit,
    RecoveryCode,
    SecondFactor,
    SignInLink,
    WebSession,
)
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
from listhub.models.decision import Decision, DecisionRequest, Watching
from listhub.models.digest import DigestEntry, DigestIssue
from listhub.models.domain import Domain
from listhub.models.family import Family, FamilyList, FamilyVersion
from listhub.models.mailing_list import MailingList
from listhub.models.notice import NoticeCount, NoticeWaiting
from listhub.models.outgoing import Outcome, Outgoing, Packet
from listhub.models.person import Audit, Person, Role
from listhub.models.process import Process, ProcessMinute
from listhub.models.request import Request, RequestKey
from listhub.models.setting import SettingVersion
from listhub.models.source import DataSource, Exclusion, Inclusion, SourceSync
from listhub.models.statistics import CountedDay, ListDay, ReminderRound
from listhub.models.subscription import Subscription
from listhub.models.topic import Attachment, MessageTopic

__all__ = [
    "ApiAnswer",
    "ApiToken",
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
    "CountedDay",
    "CustomFile",
    "DataSource",
    "Decision",
    "DecisionRequest",
    "DigestEntry",
    "DigestIssue",
    "Domain",
    "Exclusion",
    "Family",
    "FamilyList",
    "FamilyVersion",
    "Identity",
    "Inclusion",
    "ListDay",
    "MailingList",
    "MessageTopic",
    "NoticeCount",
    "NoticeWaiting",
    "Outcome",
    "Outgoing",
    "Packet",
    "Password",
    "Person",
    "Process",
    "ProcessMinute",
    "RateLimit",
    "RecoveryCode",
    "ReminderRound",
    "Request",
    "RequestKey",
    "Role",
    "SecondFactor",
    "SettingVersion",
    "SignInLink",
    "SourceSync",
    "Subscription",
    "Suppression",
    "Watching",
    "WebSession",
    "spool",
]
