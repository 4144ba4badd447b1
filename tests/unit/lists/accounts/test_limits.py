"""Networks that are counted as one, and the table of limits."""

import pytest

from listhub.lists.accounts.limits import LIMITS, network


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2345:6:7:8:9", "2001:db8:1:2300::/56"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("testclient", "unknown"),
        ("192.0.2.1, 10.0.0.1", "unknown"),
    ],
)
def test_network(address: str, expected: str) -> None:
    """One line or office is one subject; what is no address is counted together."""
    assert network(address) == expected


def test_each_limit_is_argued() -> None:
    """Names are told apart, and each has a reason."""
    assert len({limit.name for limit in LIMITS}) == len(LIMITS)
    assert all(limit.why and limit.times > 0 for limit in LIMITS)
