"""Which portal is meant: options, environment and configuration, and what an address may look like."""

from pathlib import Path

import pytest

from b24provision.errors import InputError
from b24provision.targets.config import find_config
from b24provision.targets.target import Target, choose_target, normalise_endpoint
from tests.support import run, write

TOML = """
default_target = "dev"
[targets.dev]
endpoint = "dev.bitrix24.com"
access_token = "${DEV_TOKEN}"
[targets.prod]
endpoint = "https://prod.bitrix24.com"
member_id = "m1"
manifests = ["a", "b"]
vars = {ADMIN = "1"}
"""
ENV = {"B24_ENDPOINT": "https://env.bitrix24.com/rest/", "B24_ACCESS_TOKEN": "t"}


def choose(toml: str | None, environ: dict[str, str], name: str | None = None) -> Target:
    if toml is not None:
        Path("b24provision.toml").write_text(toml, encoding="utf-8")
    return choose_target(find_config(Path.cwd()), environ, name)


def test_the_only_one_that_is_meant_is_chosen():
    assert choose(None, ENV).name == "env"
    assert choose(TOML, {"DEV_TOKEN": "t"}).name == "dev"
    assert choose(TOML, {}, "prod").endpoint == "https://prod.bitrix24.com/rest/"
    assert choose(TOML, {}, "local").is_local


def test_two_that_are_meant_are_named():
    with pytest.raises(InputError, match=r"`env`.*`dev`"):
        choose(TOML, ENV)
    assert choose(TOML, {**ENV, "DEV_TOKEN": "t"}, "dev").name == "dev"


def test_nothing_meant_names_the_local_portal_and_never_takes_it():
    with pytest.raises(InputError, match="--target local"):
        choose(None, {})
    with pytest.raises(InputError, match="--target prod"):
        choose(TOML.replace('default_target = "dev"', ""), {})


def test_the_environment_is_asked_only_for_the_target_in_use():
    assert choose(TOML, {}, "prod").member_id == "m1"
    with pytest.raises(InputError, match="DEV_TOKEN is not set"):
        choose(TOML, {}, "dev")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[targets.x]\nendpint = 'a'", "did you mean endpoint"),
        ("[targets.local]\nendpoint = 'a'", "`local` is taken"),
        ("default_target = 1", "default_target must be text"),
        ("[targets.x]\nmanifests = 'a'", "must be a list of texts"),
        ("[targets", "b24provision.toml"),
        ("[targets.x]\nclient_id = 'a'\n", "endpoint is missing"),
    ],
)
def test_mistakes_in_the_configuration_are_said(toml: str, said: str):
    with pytest.raises(InputError, match=said):
        choose(toml, {}, "x")


def test_pyproject_holds_a_configuration_too_and_it_is_searched_upwards(monkeypatch: pytest.MonkeyPatch):
    Path("pyproject.toml").write_text("[tool.b24provision.targets.x]\nendpoint = 'a.b'", encoding="utf-8")
    below = Path("deep/er")
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert choose(None, {}, "x").endpoint == "https://a.b/rest/"


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("acme.bitrix24.com", "https://acme.bitrix24.com/rest/"),
        ("https://acme.bitrix24.com", "https://acme.bitrix24.com/rest/"),
        ("https://acme.bitrix24.com/rest", "https://acme.bitrix24.com/rest/"),
        ("https://box.example/b24/rest/", "https://box.example/b24/rest/"),
        ("http://127.0.0.1:8000/rest/", "http://127.0.0.1:8000/rest/"),
        ("http://localhost:8000", "http://localhost:8000/rest/"),
    ],
)
def test_an_address_becomes_an_endpoint(address: str, endpoint: str):
    assert normalise_endpoint(address, where="x") == endpoint


def test_plain_http_is_for_this_computer_unless_allowed():
    with pytest.raises(InputError, match="allow_http"):
        normalise_endpoint("http://box.example", where="x")
    assert normalise_endpoint("http://box.example", where="x", allow_http=True) == "http://box.example/rest/"
    with pytest.raises(InputError, match="address"):
        normalise_endpoint("ftp://box.example", where="x")


def test_variables_come_from_the_option_then_the_target_then_the_environment():
    Path("b24provision.toml").write_text(
        '[targets.x]\nendpoint = "a.b"\nvars = {V = "target"}', encoding="utf-8"
    )
    write("entities: {dish: {name: '${V}'}}")
    from b24provision import Workspace

    where = Workspace.find("x", environ={"B24P_VAR_V": "environment"})
    assert where.manifest().entities["dish"].name == "target"
    assert where.manifest(variables={"V": "option"}).entities["dish"].name == "option"
    other = Workspace.find("local", environ={"B24P_VAR_V": "environment"})
    assert other.manifest().entities["dish"].name == "environment"


def test_the_target_option_can_be_a_variable():
    write("entities: {dish: {name: Dishes}}")
    assert run("plan", env={"B24P_TARGET": "local"}).exit_code == 0
    assert run("plan").exit_code == 3


def test_state_is_kept_beside_the_configuration_and_out_of_version_control():
    write("entities: {dish: {name: Dishes}}")
    assert run("plan", "--target", "local").exit_code == 0
    assert Path(".b24provision/.gitignore").read_text(encoding="utf-8") == "*\n"
    assert run("plan", "--target", "local", "--state-dir", "elsewhere").exit_code == 0
    assert Path("elsewhere/local.sqlite3").exists()
