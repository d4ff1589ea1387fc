"""The portal of one contestant, as a program: `python -m benchmarks.apply.portal`.

It prints where it is, then after each line it is given how many requests there were since the one before, and what it
holds. It ends with its standard input.
"""

import json
import sys
from typing import Any

from b24provision.local import Costs, Limits, LocalPortal
from benchmarks.apply.job import PACE
from tests.support import serve

LIMITS = Limits(
    bucket_capacity=50.0,
    bucket_drain_per_s=2.0 * PACE,
    operating_limit_s=480.0 / PACE,
    operating_window_s=600.0 / PACE,
    cut_after_s=60.0 / PACE,
)


def account(portal: LocalPortal) -> dict[str, Any]:
    tables = portal.export_state()["tables"]
    names = [row["name"] for row in tables["properties"]]
    holdings = {
        "storages": len(tables["storages"]),
        "properties": len(names),
        "changed": names.count("Changed"),
    }
    return {"requests": portal.request_count, "holdings": holdings}


def main() -> None:
    with LocalPortal.open(costs=Costs(1 / PACE), limits=LIMITS) as portal, serve(portal.app) as endpoint:
        print(json.dumps({"endpoint": endpoint, "token": portal.issue_token().access_token}), flush=True)
        for _ in sys.stdin:
            print(json.dumps(account(portal)), flush=True)
            portal.forget_calls()


if __name__ == "__main__":
    main()
