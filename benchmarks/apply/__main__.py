"""Runs the contestants one after another, checks what they did, and prints the table."""

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.apply.job import PACE, PHASES, Job
from benchmarks.apply.process import Running, ask, module, running
from benchmarks.apply.table import HEAD, Row, lines

SIZES = {"3x1": (3, 1), "50x10": (50, 10), "500x20": (500, 20)}
OURS_ALONE = {"500x20"}
CONTESTANTS = ("ours", "b24jssdk", "b24pysdk", "fast_bitrix24")
DRAINED_S = 50 / (2.0 * PACE)

Commands = Mapping[str, Sequence[str]]


def commands(names: Sequence[str]) -> dict[str, list[str]]:
    """Give the commands that run the contestants, without those that cannot be had here."""
    found = {name: module(name) for name in names}
    if "b24jssdk" in found:
        sdk = ask(module("sdk"))
        if sdk is None:
            print("b24jssdk is left out", file=sys.stderr)
            del found["b24jssdk"]
        else:
            script = str(Path(__file__).with_name("b24jssdk.mjs"))
            found["b24jssdk"] = ["node", script, sdk.answer["directory"]]
    return found


def compete(who: str, command: Sequence[str], size: str) -> Iterator[Row]:
    """Let one contestant go through all phases on an empty portal."""
    with running(module("portal")) as portal:
        for phase in PHASES:
            time.sleep(DRAINED_S)  # the bucket drains
            job = Job(portal.greeting["endpoint"], portal.greeting["token"], *SIZES[size], phase)
            yield measured(who, command, job, portal)


def measured(who: str, command: Sequence[str], job: Job, portal: Running) -> Row:
    """Have a job done, and look whether it was."""
    done, found = ask(command, job.text()), portal.ask()
    if done is None or found["holdings"] != job.holdings():
        raise SystemExit(
            f"{who} has failed to {job.phase}: the portal holds {found['holdings']} instead of {job.holdings()}"
        )
    return Row(job.phase, who, found["requests"], done.answer["seconds"], done.cpu_s, done.memory_mb)


def bounds(size: str) -> Iterator[Row]:
    for phase in PHASES:
        done = ask(module("bound"), Job("", "", *SIZES[size], phase).text())
        if done is None:
            raise SystemExit("the bound could not be computed")
        yield Row(phase, "bound", **done.answer)


def rows(size: str, contestants: Commands) -> list[Row]:
    found: list[Row] = []
    for who, command in contestants.items():
        if who == "ours" or size not in OURS_ALONE:
            print(f"{size}: {who}", file=sys.stderr)
            found += compete(who, command, size)
        if who == "ours":
            found += bounds(size)
    return found


def asked() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks.apply")
    parser.add_argument("size", nargs="*", help=f"of {', '.join(SIZES)}; all by default")
    parser.add_argument("--only", choices=CONTESTANTS)
    options = parser.parse_args()
    if unknown := [size for size in options.size if size not in SIZES]:
        parser.error(f"no size: {', '.join(unknown)}")
    return options


def main() -> None:
    options = asked()
    contestants = commands([options.only] if options.only else CONTESTANTS)
    print(HEAD, flush=True)
    for size in options.size or SIZES:
        for line in lines(size.replace("x", " × "), rows(size, contestants)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
