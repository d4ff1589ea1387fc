"""Where `b24provision.rest` differs from `@bitrix24/b24jssdk` 2.2.0 on purpose, one by one.

Every row is asserted on both sides: `look` is where to look (in `seen`, what the caller sees; `commands`, the
`cmd` of each body; `bodies`, `paths`, `requests`), `js` and `ours` what is there.
"""

import json
from dataclasses import dataclass
from typing import Any

from tests.differential.cases import BAD, DISH, GOOD, Case, Reply, answering


@dataclass(frozen=True)
class Deviation:
    case: Case
    look: str
    js: Any
    ours: Any
    why: str


def page(*ids: Any) -> Reply:
    """Answer with a list of items."""
    return Reply(json.dumps({"result": [{"ID": item} for item in ids], "time": {}}))


PROFILES = [["profile"], ["profile"], ["profile"]]
NO_ANSWER = {
    "code": "NO_ANSWER",
    "description": "The portal answered the batch, but said nothing about this command.",
}
FULL_PAGE = page(*range(1, 51))
LOST = (Reply("<html>Bad gateway</html>", 502, "text/html"),)
ADD = [["entity.item.add", {**DISH, "NAME": "Tea"}]]
NOT_SENT = {"name": "InputError", "code": ""}


def listing(name: str, *replies: Reply, **arguments: Any) -> Case:
    calls = {"method": "entity.item.get", "params": DISH, **arguments}
    return Case(name, calls, action="call_list", replies=replies)


DEVIATIONS = [
    # What a caller sees of rows
    Deviation(
        Case("more-pages", [GOOD], ajax=True),
        "seen.data.0.is_more", True, False,
        "inside a batch a missing `next` is read as 0, which is a number, so there always seem to be more pages",
    ),
    Deviation(
        Case("no-total", [GOOD], ajax=True),
        "seen.data.0.total", 0, None,
        "no count is not a count of nothing",
    ),
    # Errors
    Deviation(
        Case("empty-code", PROFILES, halt=False, replies=answering(result=[1, None, 3], error={"1": {"error": ""}})),
        "seen.is_success", True, False,
        "whatever stands among the errors is an error",
    ),
    Deviation(
        Case("numeric-code", PROFILES, halt=False, replies=answering(result={"0": 1}, error={"1": {"error": 400}, "2": {"error": 0}})),
        "seen.errors", {}, {"1": {"code": "400", "description": ""}, "2": {"code": "0", "description": ""}},
        "a code may be a number",
    ),
    Deviation(
        Case("empty-error-text", PROFILES[:2], halt=False, replies=answering(result=[1], error={"1": ""})),
        "seen.errors", {}, {"1": {"code": "", "description": ""}},
        "an empty text among the errors is an error",
    ),
    Deviation(
        Case("error-text", PROFILES[:1], replies=answering(error=["Something is wrong"])),
        "seen.errors.0",
        {"code": "Something is wrong", "description": "Some error in response"},
        {"code": "", "description": "Something is wrong"},
        "a bare text is what happened, not a code to compare with",
    ),
    Deviation(
        Case("code-zero", PROFILES[:1], replies=answering(error=[{"error": "0", "error_description": "so it is"}])),
        "seen.errors.0.code", "JSSDK_RESPONSE_ERROR", "0",
        "the portal's word is passed on, even when it is odd",
    ),
    Deviation(
        Case("no-description", PROFILES[:1], replies=answering(error=[{"error": "BAD"}])),
        "seen.errors.0.description", "Some error in response", "",
        "what the portal did not say is not made up",
    ),
    Deviation(
        Case("unanswered", PROFILES, halt=False, replies=answering(result={"0": 1, "2": 3})),
        "seen",
        {"raised": {"name": "SdkError", "code": "JSSDK_INTERACTION_BATCH_STRATEGY_V2_EMPTY_COMMAND_RESPONSE"}},
        {"is_success": False, "errors": {"1": NO_ANSWER}, "data": [1, 3], "order": None},
        "one command without an answer must not lose the answers of the others",
    ),
    Deviation(
        Case("unanswered-halt", PROFILES, replies=answering(result={"0": 1, "2": 3})),
        "seen.errors", {}, {"1": NO_ANSWER},
        "nothing failed before it, so the command was not left out by halting: nobody knows what became of it",
    ),
    Deviation(
        Case("no-envelope", PROFILES[:1], replies=(Reply('{"result":null,"time":{}}'),)),
        "seen",
        {"raised": {"name": "TypeError", "code": "undefined"}},
        {"is_success": False, "errors": {"0": NO_ANSWER}, "data": [], "order": None},
        "an answer of another shape is an error of the command, not of the program",
    ),
    # What may be sent
    Deviation(
        Case("misspelt-key", [{"method": "entity.get", "param": DISH}]),
        "commands", [["entity.get?"]], [],
        "a misspelt key would call the method without its parameters",
    ),
    Deviation(
        Case("three-in-a-row", [["entity.get", DISH, {"more": 1}]]),
        "commands", [["entity.get?ENTITY=dish"]], [],
        "what would be dropped silently is refused",
    ),
    Deviation(
        Case("empty-method", [["", DISH], list(GOOD)], halt=False),
        "seen",
        {
            "is_success": False,
            "errors": {"0": {"code": "ERROR_METHOD_NOT_FOUND", "description": "Method not found!"}},
            "data": [{"ID": "1", "IBLOCK_TYPE_ID": "rest_entity", "ENTITY": "dish", "NAME": "Dishes"}],
            "order": None,
        },
        {"raised": NOT_SENT},
        "a command without a method is a mistake that is known before anything is sent",
    ),
    Deviation(
        Case("odd-method", [["entity.get?ENTITY=dish&x"]]),
        "commands", [["entity.get?ENTITY=dish&x?"]], [],
        "a method's name cannot smuggle parameters in",
    ),
    Deviation(
        Case("empty-batch", []),
        "seen", {"raised": {"name": "AjaxError", "code": "JSSDK_BATCH_EMPTY"}}, {"raised": NOT_SENT},
        "both refuse; what the caller did wrong is an InputError",
    ),
    Deviation(
        Case("fifty-one", [["profile"]] * 51),
        "seen", {"raised": {"name": "AjaxError", "code": "JSSDK_BATCH_TOO_LARGE"}}, {"raised": NOT_SENT},
        "both refuse; what the caller did wrong is an InputError",
    ),
    Deviation(
        Case("half-a-character", [["profile", {"a": "\ud83c"}]]),
        "requests", 1, 0,
        "half a surrogate pair is no text, and arrives as another one",
    ),
    # What is sent
    Deviation(
        Case("numbers-as-names", {"b": ["profile"], "10": ["app.info"], "2": ["scope"]}),
        "commands",
        [{"2": "scope?", "10": "app.info?", "b": "profile?"}],
        [{"b": "profile?", "10": "app.info?", "2": "scope?"}],
        "JavaScript puts such names first; commands run in the order they were given",
    ),
    Deviation(
        Case("numbers-as-names-in-params", [["profile", {"b": 1, "2": 2}]]),
        "commands", [["profile?2=2&b=1"]], [["profile?b=1&2=2"]],
        "JavaScript puts such names first; pairs keep their order",
    ),
    Deviation(
        Case("dates", [["profile", {"at": {"$date": "2026-03-25T13:39:45+03:00"}}]]),
        "commands",
        [["profile?at=2026-03-25T10%3A39%3A45.000Z"]],
        [["profile?at=2026-03-25T13%3A39%3A45%2B03%3A00"]],
        "a moment keeps its own offset, in the portal's own notation",
    ),
    Deviation(
        Case("large-numbers", [["profile", {"a": 2**53 + 1}]]),
        "commands", [["profile?a=9007199254740992"]], [["profile?a=9007199254740993"]],
        "JavaScript's numbers are exact up to 53 bits",
    ),
    Deviation(
        Case("path", [["profile"]]),
        "paths", ["/rest//batch"], ["/rest/batch"],
        "one slash is enough",
    ),
    # Lost answers
    Deviation(
        Case("lost-write", ADD, replies=LOST),
        "requests", 2, 1,
        "a write whose answer was lost is never sent again by itself: it may have been done",
    ),
    Deviation(
        Case("lost-write-says-so", ADD, replies=LOST),
        "seen.raised.name", None, "OutcomeUnknownError",
        "the caller is told that nobody knows, and gets the calls",
    ),
    # Chunks
    Deviation(
        Case("chunks-halt", [list(BAD), *[["server.time"]] * 119], action="batch_by_chunk"),
        "requests", 3, 1,
        "halting stops the following requests too",
    ),
    Deviation(
        Case(
            "chunks-keys",
            [["server.time"], list(BAD), *[["server.time"]] * 49, list(BAD), ["server.time"]],
            halt=False,
            action="batch_by_chunk",
        ),
        "seen.errors",
        {"1": {"code": "ERROR_ENTITY_NOT_FOUND", "description": "Entity not found"}},
        {
            "1": {"code": "ERROR_ENTITY_NOT_FOUND", "description": "Entity not found"},
            "51": {"code": "ERROR_ENTITY_NOT_FOUND", "description": "Entity not found"},
        },
        "keys count through all requests, so that none hides another",
    ),
    # Lists
    Deviation(
        listing("list-of-a-storage", page(1)),
        "bodies.0",
        {"ENTITY": "dish", "order": {"ID": "ASC"}, "filter": {">ID": 0}, "start": -1},
        {"ENTITY": "dish", "SORT": {"ID": "ASC"}, "filter": {">ID": 0}, "start": -1},
        "storages sort by SORT and overlook `order`",
    ),
    Deviation(
        listing("list-begins-after", page(8), params={**DISH, "filter": {">ID": 7}}),
        "bodies.0.filter", {">ID": 0}, {">ID": 7},
        "a filter that says where to begin is kept",
    ),
    Deviation(
        listing("list-in-an-order", page(1), params={**DISH, "order": {"NAME": "ASC"}}),
        "seen.raised", None, NOT_SENT,
        "an order that would be overlooked is refused",
    ),
    Deviation(
        listing("list-without-ids", FULL_PAGE, idKey="id"),
        "seen.is_success", True, False,
        "a list that was cut off is no success",
    ),
    Deviation(
        listing("list-that-repeats", FULL_PAGE, FULL_PAGE, FULL_PAGE, page()),
        "requests", 4, 2,
        "ids that do not grow would be read for ever",
    ),
    Deviation(
        listing("list-with-gaps", Reply('{"result":{"0":{"ID":1},"2":{"ID":3}},"time":{}}')),
        "seen",
        {"raised": {"name": "TypeError", "code": "undefined"}},
        {"is_success": True, "errors": {}, "data": [{"ID": 1}, {"ID": 3}], "order": None},
        "a PHP array with gaps is a list",
    ),
    Deviation(
        listing("no-list", Reply('{"result":{"tasks":[]},"time":{}}'), customKeyForResult="items"),
        "seen.is_success", None, False,
        "a list that is not where it was said to be is told as such",
    ),
]  # fmt: skip
