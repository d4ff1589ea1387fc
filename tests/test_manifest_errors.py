"""Mistakes in manifests at the command line: all of them, each at its place, without a request."""

from b24provision.local import LocalPortal
from tests.support import run, write


def test_ten_mistakes_are_reported_at_once_with_their_places():
    write(
        """\
        entities:
          dish:
            name: ""
            acess: {AU: R}
            properties:
              price: {name: Price, type: nubmer}
              1st: {name: First}
              sorted: {sort: 0}
              twice: {name: A}
              TWICE: {name: B}
          a_code_that_is_far_too_long_for_any_application_there_is: {name: Long}
          order:
            access: {AU: Q}
            name: ${NOBODY_SET_THIS}
        removed:
          entities: [dish]
        """
    )
    result = run("plan", "--target", "local")
    assert result.exit_code == 3
    places = [line.split(": ")[0] for line in result.stderr.splitlines() if line.startswith("manifests/")]
    assert len(places) >= 10
    assert len(set(places)) >= 10
    assert result.stdout == ""


def test_validate_says_what_is_valid_and_worth_mentioning():
    write("entities: {a_code_of_18_chars: {name: Long}}")
    result = run("validate")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "Valid: 1 storage, 0 properties."
    assert "13" in result.stdout
    assert run("validate", "--target", "local").stdout == "Valid: 1 storage, 0 properties.\n"


def test_a_directory_without_manifests_is_said_so():
    result = run("plan", "--target", "local")
    assert result.exit_code == 3
    assert "manifests" in result.stderr


def test_the_schema_is_json():
    import json

    assert json.loads(run("schema").stdout)["properties"]["b24provision"]


def test_nothing_is_requested_for_a_broken_manifest(portal: LocalPortal):
    write("entities: [")
    result = run(
        "apply", "--auto-approve", env={"B24_ENDPOINT": "http://127.0.0.1:9/rest/", "B24_ACCESS_TOKEN": "t"}
    )
    assert result.exit_code == 3
