"""`b24provision portal` and its subcommands."""

import http.client
import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner, Result

from b24provision.cli import cli
from b24provision.local import LocalPortal
from b24provision.local.server import Listener, listen

from .serving import Running, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="interrupts a process")


def call(portal: Running, method: str, **params: Any) -> Any:
    body = json.dumps({**params, "auth": portal.variables["B24_ACCESS_TOKEN"]}).encode()
    request = Request(portal.variables["B24_ENDPOINT"] + method, body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as response:
        return json.load(response)["result"]


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["portal", *map(str, arguments)])


def test_serving(tmp_path: Path) -> None:
    with running(directory=tmp_path) as portal:
        assert call(portal, "entity.add", ENTITY="dish", NAME="Dishes") is True
        assert call(portal, "batch", cmd=["entity.get", "entity.get?ENTITY=x"])["result"][0]
        assert portal.started_in_s < 5
    lines = [line.partition(" ")[2] for line in portal.log.read_text().splitlines()[1:]]
    who = f"user 1 {LocalPortal.client_id}"
    assert lines[0] == f"entity.add ok ({who}, alone)"
    assert [line.partition(", batch ")[0] for line in lines[1:]] == [
        f"entity.get ok ({who}",
        f"entity.get ERROR_ENTITY_NOT_FOUND ({who}",
    ]
    assert portal.process.returncode == 0
    with LocalPortal.open(tmp_path / ".b24provision" / "local.sqlite3") as kept:
        assert len(kept.calls()) == 3


def test_everything_switched_on(tmp_path: Path) -> None:
    flags = ["--tls", "--control", "--limits", "cloud", "--costs", "0.01", "--db", "mine.sqlite3"]
    with running(*flags, "--fault", "html-502,method=profile", directory=tmp_path) as portal:
        trusting = ssl.create_default_context(cafile=portal.variables["SSL_CERT_FILE"])
        for host in ("127.0.0.1", "localhost"):
            address = f"{portal.origin.replace('127.0.0.1', host)}/control/faults"
            with urlopen(address, context=trusting, timeout=10) as response:
                assert json.load(response)[0]["kind"] == "html-502"
        profile = f"{portal.variables['B24_ENDPOINT']}profile?auth={portal.variables['B24_ACCESS_TOKEN']}"
        with pytest.raises(HTTPError, match="502"):
            urlopen(profile, context=trusting, timeout=10)
        with urlopen(profile, context=trusting, timeout=10) as response:
            assert json.load(response)["time"]["duration"] > 0.0007
    assert (tmp_path / "mine.sqlite3").exists()
    key = tmp_path / ".b24provision" / "portal-key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert "*" in (tmp_path / ".b24provision" / ".gitignore").read_text()


def test_headers_and_body_written_apart_cost_no_time(tmp_path: Path) -> None:
    """Without TCP_NODELAY each answer would wait 40 ms for the client's acknowledgement."""
    with running(directory=tmp_path) as portal:
        connection = http.client.HTTPConnection(portal.origin.removeprefix("http://"), timeout=10)
        start = time.perf_counter()
        for _ in range(50):
            connection.request("GET", f"/rest/profile?auth={portal.variables['B24_ACCESS_TOKEN']}")
            assert connection.getresponse().read()
        assert time.perf_counter() - start < 1
        connection.close()


def test_what_cannot_be_done(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no database at all, but long enough to be looked at" * 9)
    with listen("127.0.0.1", 0).listening as taken:
        port = str(taken.getsockname()[1])
        for arguments, code, message in (
            (["--fault", "earthquake"], 3, "no fault is called 'earthquake'"),
            (["--db", "note.txt"], 3, "cannot be used as a local portal's file"),
            (["--db", "no/where.sqlite3"], 1, "there is no directory"),
            (["--port", port], 1, "in use"),
            (["install", "--handler", "ftp://x"], 3, "begins with http"),
            (["install", "--handler", "http://127.0.0.1:1/"], 1, "refused"),
            (["install", "--handler", "http://x", "--client-id", "nobody"], 3, "no application 'nobody'"),
        ):
            result = invoke(*arguments)
            assert (result.exit_code, message in result.stderr) == (code, True), result.output


def test_tls_without_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    result = invoke("--tls")
    assert (result.exit_code, "pip install 'b24provision[tls]'" in result.stderr) == (3, True)


@pytest.fixture
def handler() -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """The application's own server, and the forms it was sent."""
    forms: list[dict[str, list[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            forms.append(parse_qs(self.rfile.read(int(self.headers["content-length"])).decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", forms
        server.shutdown()
        thread.join()


def test_an_application_s_life(tmp_path: Path, handler: tuple[str, list[dict[str, list[str]]]]) -> None:
    address, forms = handler
    with running("--db", "portal.sqlite3", directory=tmp_path) as portal:
        for words in (["install"], ["update", "--to", "5"], ["uninstall", "--clean"]):
            result = invoke(*words, "--handler", address, "--db", tmp_path / "portal.sqlite3")
            assert result.exit_code == 0, result.output
        assert result.output == "ONAPPUNINSTALL was answered with 200.\n"
    assert [form["event"] for form in forms] == [["ONAPPINSTALL"], ["ONAPPUPDATE"], ["ONAPPUNINSTALL"]]
    assert forms[0]["auth[client_endpoint]"] == [portal.variables["B24_ENDPOINT"]]
    assert forms[1]["data[VERSION]"] == ["5"]
    assert forms[2]["data[CLEAN]"] == ["1"]
    assert "auth[access_token]" not in forms[2]


def test_help_stays_light() -> None:
    script = (
        "import sys\nfrom b24provision.cli import cli\n"
        "for words in (['portal'], ['portal', 'install']):\n"
        "    try: cli.main([*words, '--help'])\n"
        "    except SystemExit: pass\n"
        "heavy = {'starlette', 'uvicorn', 'sqlite3', 'asyncio', 'httpx', 'cryptography'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_addresses() -> None:
    with listen("localhost", 0).listening as listening:
        assert Listener(listening).origin.startswith("http://")
    with listen("0.0.0.0", 0).listening as listening:  # noqa: S104
        assert Listener(listening).origin.startswith("http://127.0.0.1:")
