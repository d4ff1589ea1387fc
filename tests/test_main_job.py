"""The main job through the command line: manifests → plan → apply → destroy, and what it costs."""

import json
import os
import subprocess
import sys

from b24provision.local import LocalPortal
from b24provision.rest import Client
from tests.support import MANIFESTS, Served, run, write

SDK_EXAMPLE = MANIFESTS / "data-storage.yaml"


def test_plan_apply_plan_destroy_on_the_local_portal():
    def last_line(*arguments: str, exit_code: int) -> str:
        result = run(*arguments, "--target", "local", MANIFESTS)
        assert result.exit_code == exit_code, result.output
        return result.stdout.splitlines()[-1]

    assert last_line("plan", "--detailed-exitcode", exit_code=2).endswith(
        "to add, 0 to change, 0 to destroy."
    )
    assert last_line("apply", "--auto-approve", exit_code=0).endswith("0 changed, 0 destroyed. Verified.")
    assert (
        last_line("plan", "--detailed-exitcode", exit_code=0)
        == "No changes. The portal matches the manifests."
    )
    assert last_line("check", exit_code=0) == "No changes. The portal matches the manifests."
    assert last_line("destroy", "--confirm", "local", exit_code=0).endswith("8 destroyed. Verified.")
    assert last_line("check", exit_code=2).startswith("Plan: ")


def test_the_sdk_example_costs_one_request_to_plan_three_to_apply_three_to_destroy(served: Served):
    env, portal = served.environment(), served.portal

    def requests(*arguments: str) -> int:
        portal.forget_calls()
        result = run(*arguments, SDK_EXAMPLE, env=env)
        assert result.exit_code == 0, result.output
        return portal.request_count

    assert requests("plan") == 1
    assert requests("apply", "--auto-approve") == 3
    assert requests("apply", "--auto-approve") == 1
    assert requests("destroy", "--confirm", "127.0.0.1") == 3
    assert requests("destroy", "--confirm", "127.0.0.1") == 1


def test_the_sdk_example_makes_what_the_sdk_makes(served: Served):
    run("apply", "--auto-approve", SDK_EXAMPLE, env=served.environment())
    writes = [
        (call.method, dict(call.params)) for call in served.portal.calls() if call.method.endswith(".add")
    ]
    assert writes == [
        ("entity.add", {"ENTITY": "DS1", "NAME": "Data Storage 1", "ACCESS": {"U1": "X", "AU": "R"}}),
        (
            "entity.item.property.add",
            {"ENTITY": "DS1", "PROPERTY": "PropertyN", "NAME": "Property N", "TYPE": "N"},
        ),
        ("entity.add", {"ENTITY": "DS2", "NAME": "Data Storage 2", "ACCESS": {"U1": "X", "AU": "R"}}),
        (
            "entity.item.property.add",
            {"ENTITY": "DS2", "PROPERTY": "PropertyS", "NAME": "Property S", "TYPE": "S"},
        ),
        ("entity.add", {"ENTITY": "DS3", "NAME": "Data Storage 3", "ACCESS": {"U1": "X", "AU": "R"}}),
        (
            "entity.item.property.add",
            {"ENTITY": "DS3", "PROPERTY": "PropertyF", "NAME": "Property F", "TYPE": "F"},
        ),
    ]


def test_up_to_24_storages_are_read_in_one_request_and_what_is_not_there_not_at_all(served: Served):
    entities = "\n".join(f"  s{number}: {{name: S}}" for number in range(75))
    write(f"entities:\n{entities}\n")

    def requests(*only: str) -> int:
        served.portal.forget_calls()
        assert run("plan", *only, env=served.environment()).exit_code == 0
        return served.portal.request_count

    upto_24 = ["--only", "s?", "--only", "s1?", "--only", "s2[0-3]"]
    assert (requests(*upto_24), requests()) == (1, 1)
    assert run("apply", "--auto-approve", env=served.environment()).exit_code == 0
    assert (requests(*upto_24), requests(*upto_24, "--only", "s24"), requests()) == (1, 2, 4)


async def half_built(client: Client) -> None:
    await client.batch.make(
        [
            ("entity.add", {"ENTITY": "dish", "NAME": "Dishes", "ACCESS": {"AU": "W"}}),
            (
                "entity.item.property.add",
                {"ENTITY": "dish", "PROPERTY": "price", "NAME": "Price", "TYPE": "N"},
            ),
            (
                "entity.item.property.add",
                {"ENTITY": "dish", "PROPERTY": "photo", "NAME": "Photo", "TYPE": "F"},
            ),
            ("entity.item.property.add", {"ENTITY": "dish", "PROPERTY": "note", "NAME": "Note", "TYPE": "S"}),
        ]
    )


def test_a_half_built_storage_is_completed(served: Served):
    import asyncio

    env = served.environment()

    async def prepare() -> None:
        async with Client.from_token(served.endpoint, env["B24_ACCESS_TOKEN"]) as client:
            await half_built(client)

    asyncio.run(prepare())
    write(
        """
        entities:
          dish:
            name: Dishes
            access: {AU: R}
            properties:
              price: {name: Price, type: number}
              photo: {name: Photo, type: file}
              note: {name: Note}
              weight: {name: Weight, type: number}
              kind: {name: Kind, type: string, sort: 50}
        """
    )
    plan = json.loads(run("plan", "--format", "json", env=env).stdout)
    assert [(row["id"], row["risk"]) for row in plan["changes"]] == [
        ("update entity dish", "caution"),
        ("create property dish.weight", "safe"),
        ("create property dish.kind", "safe"),
    ]
    applied = run("apply", "--auto-approve", env=env)
    assert applied.exit_code == 0
    assert applied.stdout.splitlines()[-1] == "Apply complete! 2 added, 1 changed, 0 destroyed. Verified."


def test_a_text_that_looks_like_a_reference_arrives_unharmed(served: Served):
    write("entities: {odd: {name: 'Price $result[x] <script>', properties: {a: {name: '$error[a]'}}}}")
    env = served.environment()
    assert run("apply", "--auto-approve", env=env).exit_code == 0
    assert run("check", env=env).exit_code == 0
    (added,) = served.portal.calls("entity.add")
    assert added.params["NAME"] == "Price $result[x] <script>"


def test_a_webhook_is_told_about_the_missing_application(served: Served):
    served.portal.add_webhook(1, "secretcode", scopes=("entity", "user"))
    write("entities: {dish: {name: Dishes}}")
    url = served.endpoint + "1/secretcode/"
    result = run("plan", "-v", env={"B24_WEBHOOK_URL": url})
    assert result.exit_code == 4
    assert "Application context required" in result.stderr
    assert "local application" in result.stderr
    assert "secretcode" not in result.output


def test_the_command_line_works_as_a_module(portal: LocalPortal):
    command = [sys.executable, "-m", "b24provision", "validate", str(SDK_EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})
    assert (done.returncode, done.stdout) == (0, "Valid: 3 storages, 3 properties.\n")
