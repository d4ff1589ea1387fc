"""What the command line imports before it has anything to do."""

import subprocess
import sys

from b24provision.cli.finish import finish

HEAVY = {"httpx", "jsonschema", "deepdiff", "yaml", "asyncio", "anyio", "starlette", "sqlite3"}


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_help_imports_nothing_heavy():
    code = (
        "from b24provision.cli import cli\n"
        "for words in ([], ['plan'], ['apply']):\n"
        "    try: cli.main([*words, '--help'])\n"
        "    except SystemExit: pass\n"
    )
    assert not HEAVY & modules_after(code)


def test_the_package_itself_costs_nothing():
    assert not HEAVY & modules_after("import b24provision, b24provision.rest, b24provision.local")


def test_every_public_name_can_be_imported():
    import b24provision

    assert all(getattr(b24provision, name) is not None for name in b24provision.__all__)
    assert set(b24provision.__all__) <= set(dir(b24provision))


def test_commands_that_are_imported_late_say_what_they_said_before():
    import click

    from b24provision.cli import ELSEWHERE, cli

    context = click.Context(cli)
    for name, (_, line) in ELSEWHERE.items():
        command = cli.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(limit=200) == line


def test_nobody_writes_out_what_a_command_works_out():
    class Unspeakable:
        def __repr__(self) -> str:
            raise AssertionError("a plan can have 200,000 changes")

    async def work() -> Unspeakable:
        return Unspeakable()

    assert isinstance(finish(work()), Unspeakable)
