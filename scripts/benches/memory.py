"""What all processes of a host take: memory."""

import time

from listhub.embedded.private import free_port
from scripts.benches.fanout import MEMBERS, fan_out
from scripts.benches.figures import Figure
from scripts.benches.site import Lab, site

PER_CHILD, IN_ALL = 100, 600  # MB


def memory(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Sum up PSS at rest and while fanout-verp runs: 5 pools of 2, intake, web."""
    members = max(int(MEMBERS * scale), 100)
    web = free_port()
    with site(lab, environment={"LISTHUB_WEB__PORT": str(web)}) as running:
        running.start("web", "web")
        running.wait_for_port(web)
        address = running.make_list("fan", members)
        running.analyze()
        rest, busy = running.memory(), running.memory()
        time.sleep(2.0)
        rest.look()
        with busy.watched():
            for _ in range(runs):
                fan_out(running, address, members)
    return [
        Figure(
            workload="memory",
            case=case,
            unit="MB (PSS)",
            rates=[found.peaks["in all"]],
            goal=f"child <= {PER_CHILD}, all <= {IN_ALL}",
            met=found.peaks["worker child"] <= PER_CHILD
            and found.peaks["in all"] <= IN_ALL,
            memory=found.peaks,
            note=f"{found.processes} processes",
        )
        for case, found in (("at rest", rest), ("under fanout-verp", busy))
    ]
