"""The settings of a site: listhub.toml and the environment, read once, passed down."""

from listhub.config.authenticity import Authentication, Dkim, Dns, Screening
from listhub.config.fields import Spec, setting, specs
from listhub.config.reading import (
    Loaded,
    derived_key,
    load,
    load_with_origins,
    verp_key,
)
from listhub.config.signing_in import Oidc, SignIn
from listhub.config.tree import (
    Broker,
    Database,
    Delivery,
    Intake,
    Packets,
    Retention,
    Settings,
    Site,
    Spool,
    Web,
    Worker,
)

__all__ = [
    "Authentication",
    "Broker",
    "Database",
    "Delivery",
    "Dkim",
    "Dns",
    "Intake",
    "Loaded",
    "Oidc",
    "Packets",
    "Retention",
    "Screening",
    "Settings",
    "SignIn",
    "Site",
    "Spec",
    "Spool",
    "Web",
    "Worker",
    "derived_key",
    "load",
    "load_with_origins",
    "setting",
    "specs",
    "verp_key",
]
