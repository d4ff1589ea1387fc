import pytest

from b24provision.rest import Limits
from b24provision.rest.operating import OperatingBudget
from tests.rest.virtual import now
from tests.rest.wire import UNIX, envelope, ok, portal, refusal, wire


def time(operating: object, reset_in: float) -> dict[str, object]:
    return {"operating": operating, "operating_reset_at": UNIX + reset_in}


def rest(budget: OperatingBudget, *methods: str, at: float = UNIX) -> float:
    needs = dict.fromkeys(methods, 0.0)
    return max(budget.wait(needs, at).seconds, budget.slow(needs, at).seconds)


@pytest.mark.parametrize(
    ("used", "wait"),
    [(0, 0), (383, 0), (384, 0), (432, 3.5), (474.9, 6.628), (475, 60), (480, 60), (9000, 60), ("479.5", 60)],
)
def test_the_rest_a_method_needs(used: object, wait: float):
    budget = OperatingBudget(Limits.default())
    budget.note("entity.add", time(used, 60), UNIX)
    assert rest(budget, "Entity.Add") == pytest.approx(wait, abs=0.01)
    assert rest(budget, "entity.get") == 0
    assert rest(budget, "entity.get", "entity.add") == pytest.approx(wait, abs=0.01)
    assert rest(budget, "entity.add", at=UNIX + 60) == 0


def test_a_slowed_method_does_not_wait_beyond_its_reset():
    budget = OperatingBudget(Limits.default())
    budget.note("a.b", time(470, 2), UNIX)
    assert rest(budget, "a.b") == 2


@pytest.mark.parametrize(
    "told",
    [{}, {"operating": None}, {"operating": "much"}, {"operating": True}, {"operating": 479}, {"operating": float("nan")}],
)  # fmt: skip
def test_what_is_missing_or_odd_makes_nobody_wait(told: dict[str, object]):
    budget = OperatingBudget(Limits.default())
    budget.note("a.b", told, UNIX)
    assert rest(budget, "a.b") == 0


def test_without_a_limit_nobody_waits():
    budget = OperatingBudget(Limits.unlimited())
    budget.note("a.b", time(5000, 60), UNIX)
    assert rest(budget, "a.b") == 0
    assert budget.used(UNIX) == {"a.b": 5000}


@pytest.mark.anyio
async def test_a_call_near_the_limit_waits_for_the_reset():
    told: list[tuple[float, str]] = []
    transport = wire(ok(1, time=time(476, 90)), ok(1, time=time(1, 600)))
    async with portal(transport, on_wait=lambda s, why: told.append((s, why))) as client:
        await client.call.make("entity.item.add", {"ENTITY": "a", "NAME": "x"})
        await client.call.make("entity.get")
        assert now() == 0, "another method has time left"
        await client.call.make("entity.item.add", {"ENTITY": "a", "NAME": "y"})
        assert now() == 90
        await client.call.make("entity.item.add", {"ENTITY": "a", "NAME": "z"})
        assert now() == 90
    assert told == [(90, "the operating time of entity.item.add")]


@pytest.mark.anyio
async def test_commands_of_a_batch_count_under_their_own_method():
    transport = wire(
        envelope(result=[1, 2], time=[time(1, 60), time(478, 60)]), envelope(result=[1, 2]), ok(1)
    )
    async with portal(transport) as client:
        await client.batch.make([("entity.get",), ("entity.add", {"ENTITY": "a"})])
        assert client.stats().operating == {"entity.get": 1, "entity.add": 478}
        await client.batch.make([("entity.get",), ("profile",)])
        assert now() == 0
        await client.batch.make([("entity.get",), ("entity.add", {"ENTITY": "b"})])
        assert now() == 60


@pytest.mark.anyio
async def test_a_batch_counts_under_batch_too():
    transport = wire(ok({"result": [1]}, time=time(477, 30)))
    async with portal(transport) as client:
        await client.batch.make([("entity.get",)])
        await client.call.make("entity.get")
        assert now() == 0
        await client.batch.make([("profile",)])
        assert now() == 30


@pytest.mark.anyio
async def test_a_refusal_waits_for_the_reset_that_is_known():
    limit = refusal("OPERATION_TIME_LIMIT", 429)
    transport = wire(ok(1, time=time(300, 45)), limit, ok(2))
    async with portal(transport) as client:
        await client.call.make("entity.item.add")
        answer = await client.call.make("entity.item.add")
        assert answer.data == 2
        assert now() == 45


@pytest.mark.anyio
async def test_a_refusal_without_a_known_reset_waits_a_little():
    async with portal(wire(refusal("OPERATION_TIME_LIMIT", 429), ok(2))) as client:
        assert (await client.call.make("entity.item.add")).data == 2
        assert now() == 10


@pytest.mark.anyio
async def test_a_reset_that_is_not_near_is_not_waited_for():
    transport = wire(ok(1, time=time(300, 45)), refusal("OPERATION_TIME_LIMIT", 429))
    async with portal(transport, limits=Limits(patience_s=30)) as client:
        await client.call.make("entity.item.add")
        answer = await client.call.make("entity.item.add")
        assert answer.error is not None
        assert answer.error.code == "OPERATION_TIME_LIMIT"
        assert now() == 0


@pytest.mark.anyio
async def test_a_command_that_is_refused_makes_its_method_rest():
    bad = {"error": "OPERATION_TIME_LIMIT", "error_description": "Method is blocked"}
    transport = wire(
        envelope(result=[1], error={"1": bad}, time=[time(1, 60), time(100, 77)]), envelope(result=[1])
    )
    async with portal(transport) as client:
        result = await client.batch.make([("entity.get",), ("entity.add",)], is_halt_on_error=False)
        assert result.errors["1"].code == "OPERATION_TIME_LIMIT"
        await client.batch.make([("entity.add", {"ENTITY": "a"})])
        assert now() == 77


def test_what_was_run_from_here_becomes_free_second_by_second():
    budget = OperatingBudget(Limits.default())
    for second in range(0, 480, 48):
        budget.ran("entity.add", {UNIX + second: 48})
    budget.note("entity.add", {**time(480, 600), "finish": UNIX + 432}, UNIX + 432)
    for need_s, wait_s in ((0, 168), (40, 168), (50, 216), (475, 600), (1000, 600)):
        assert budget.wait({"entity.add": need_s}, UNIX + 432).seconds == wait_s


def test_a_reset_beyond_the_window_is_not_believed():
    budget = OperatingBudget(Limits.default())
    budget.note("a.b", time(480, 1e12), UNIX)
    assert budget.wait({"a.b": 1.0}, UNIX).seconds == 600
    assert budget.wait({"a.b": 1.0}, UNIX + 600).seconds == 0


def test_what_others_run_is_free_at_the_reset():
    budget = OperatingBudget(Limits.default())
    budget.ran("entity.add", {UNIX: 100})
    budget.note("entity.add", time(470, 90), UNIX)
    assert budget.wait({"entity.add": 10.0}, UNIX).seconds == 90
    assert budget.wait({"entity.add": 10.0}, UNIX + 90).seconds == 0


def test_what_is_in_flight_is_set_aside():
    budget = OperatingBudget(Limits.default())
    budget.ran("entity.add", {UNIX: 400})
    budget.note("entity.add", {**time(400, 600), "finish": UNIX}, UNIX)
    needs = {"entity.add": 40.0}
    budget.reserve(1, needs, UNIX)
    assert budget.wait(needs, UNIX).seconds == 600
    budget.release(1)
    assert budget.wait(needs, UNIX).seconds == 0


def test_what_the_portal_tells_of_beyond_our_own_is_what_is_in_flight():
    budget = OperatingBudget(Limits.default())
    budget.reserve(1, {"entity.add": 200.0}, UNIX)
    budget.ran("entity.add", {UNIX + 5: 100})
    budget.note("entity.add", {**time(250, 600), "finish": UNIX + 5}, UNIX + 5)
    assert budget.wait({"entity.add": 170.0}, UNIX + 5).seconds == 0
    assert budget.wait({"entity.add": 180.0}, UNIX + 5).seconds > 0
    budget.ran("entity.add", {UNIX + 4: 150})  # its answer comes later than what tells of it
    budget.release(1)
    assert budget.wait({"entity.add": 220.0}, UNIX + 5).seconds == 0


def test_a_method_that_is_not_billed_is_not_waited_for():
    budget = OperatingBudget(Limits.default())
    budget.ran("batch", {UNIX: 1000})
    assert budget.wait({"batch": 30.0}, UNIX).seconds == 0
    budget.note("batch", time(0, 600), UNIX)
    assert budget.wait({"batch": 30.0}, UNIX).seconds == 0


@pytest.mark.anyio
@pytest.mark.parametrize("ahead", [-7200.0, 0.0, 7200.0])
async def test_a_portal_whose_clock_is_off_is_understood(ahead: float):
    full = {**time(478, 90 + ahead), "finish": UNIX + ahead, "duration": 1.0}
    async with portal(wire(ok(1, time=full), ok(2))) as client:
        await client.call.make("entity.item.add", {"ENTITY": "a", "NAME": "x"})
        await client.call.make("entity.item.add", {"ENTITY": "a", "NAME": "y"})
        assert now() == 90


def test_a_margin_leaves_something_of_a_small_limit():
    budget = OperatingBudget(Limits(operating_limit_s=5.0))
    budget.note("a.b", time(1, 60), UNIX)
    assert budget.wait({"a.b": 3.0}, UNIX).seconds == 0
    assert budget.wait({"a.b": 4.0}, UNIX).seconds == 60
