"""b24pysdk as a contestant: its own requests, sent by its own `call_batches`.

It has no limits to scale, and waits a second before it repeats what was turned away. It insists on https: its address
is patched to http, which spares it TLS. It opens a connection for each request.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from b24pysdk import BitrixApp, BitrixToken, Client
from b24pysdk.api.callers.call_method import _MethodCaller

from benchmarks.apply.job import Job, carry_out

_MethodCaller._base_url = property(lambda self: f"http://{self._domain}/rest")  # noqa: SLF001 - see above


def opened(job: Job) -> Any:
    token = BitrixToken(
        domain=urlsplit(job.endpoint).netloc,
        auth_token=job.token,
        bitrix_app=BitrixApp(client_id="none", client_secret="none"),
    )
    return Client(token, prefer_version=2)


def work(job: Job) -> None:
    client = opened(job)
    match job.phase:
        case "create":
            all_of(client, creations(client, job))
        case "change":
            update = client.entity.item.property.update
            all_of(client, [update(code, "p0", name="Changed") for code in job.codes()])
        case "destroy":
            all_of(client, [client.entity.delete(code) for code in job.codes()])
        case _:
            look(client, job)


def creations(client: Any, job: Job) -> list[Any]:
    requests = []
    for code in job.codes():
        requests.append(client.entity.add(code, "Storage"))
        for each, name in job.property_names().items():
            requests.append(client.entity.item.property.add(code, each, name, "S"))
    return requests


def all_of(client: Any, requests: Sequence[Any]) -> Any:
    answers = client.call_batches(requests).result
    assert not answers.result_error, answers.result_error
    return answers.result


def look(client: Any, job: Job) -> None:
    """Find that everything is there."""
    there = {row["ENTITY"]: row["NAME"] for row in client.entity.get().result}
    assert there == dict.fromkeys(job.codes(), "Storage")
    found = all_of(client, [client.entity.item.property.get(code) for code in job.codes()])
    for rows in found.values() if isinstance(found, dict) else found:
        assert {row["PROPERTY"]: row["NAME"] for row in rows} == job.property_names()


if __name__ == "__main__":
    carry_out(work)
