"""`b24provision --help` against the same in a bare click program: `python -m benchmarks.startup`.

The bare program declares a group with six commands, imports nothing but click, and prints its help. Both run in
turn, so that a busy moment of the machine hits both; the figure that counts is the ratio of medians.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

BARE = """
import click

@click.group()
@click.version_option("1")
def cli():
    "A bare program."

for name in ("validate", "plan", "apply", "destroy", "check", "schema"):
    @cli.command(name)
    @click.argument("paths", nargs=-1)
    @click.option("--target", help="The portal.")
    @click.option("--format", type=click.Choice(["text", "json"]), help="How results are printed.")
    def command(**given):
        "Do something."

cli()
"""
OURS = "from b24provision.cli import main\nmain()\n"
RUNS = 40


def seconds(program: Path) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, program, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def measure() -> None:
    with tempfile.TemporaryDirectory() as directory:
        programs = {"bare click": Path(directory, "bare.py"), "b24provision": Path(directory, "ours.py")}
        programs["bare click"].write_text(BARE, encoding="utf-8")
        programs["b24provision"].write_text(OURS, encoding="utf-8")
        times: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(RUNS):
            for name, program in programs.items():
                times[name].append(seconds(program))
    medians = {name: median(rows) for name, rows in times.items()}
    for name, value in medians.items():
        print(f"{name:<14} {value * 1000:6.1f} ms (median of {RUNS})")
    print(f"ratio          {medians['b24provision'] / medians['bare click']:6.2f}")


if __name__ == "__main__":
    measure()
