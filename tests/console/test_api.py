"""What programs are told: the document is whole and true, and nothing but a token of theirs lets them in."""

import json

import msgspec
import pytest

from gateway.console.api import CHECK, EXAMPLE, FIXED, ApiCheck, ApiFault, document
from gateway.console.routes import ROUTES
from tests.support.console_client import multipart

TOKEN = "cvt_" + "a" * 43
GOOD = {"Authorization": f"Bearer {TOKEN}"}


def post(system, fields=(), files=(("a.docx", b"PK"),), **headers):
    kind, body = multipart(list(fields), list(files))
    return system.ask("POST", CHECK, body=body, Content_Type=kind, Sec_Fetch_Site="", **headers)


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def holds(schema: dict, value: object, schemas: dict) -> None:
    """Hold a value against a schema: what OpenAPI 3.1 says with the words that the document uses."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    kinds = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
    assert isinstance(value, kinds[schema["type"]]), (schema, value)
    if schema["type"] == "object":
        assert set(schema["required"]) <= set(value) <= set(schema["properties"])
        for name, each in value.items():
            holds(schema["properties"][name], each, schemas)
    elif schema["type"] == "array":
        for each in value:
            holds(schema["items"], each, schemas)


def test_the_document_says_what_the_routes_are_and_its_examples_hold(system):
    status, headers, text = system.ask("GET", "/api/v1/openapi.json")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    told = json.loads(text)
    assert told == json.loads(json.dumps(document()))
    assert told["openapi"].startswith("3.1.")
    assert set(told) == {"openapi", "info", "paths", "components"}
    programs = {(row.method.lower(), row.path) for row in ROUTES if row.program and row.path != "/api/v1/openapi.json"}
    assert {(method, path) for path, item in told["paths"].items() for method in item} == programs
    schemas = told["components"]["schemas"]
    assert {one.rpartition("/")[2] for one in references(told)} == set(schemas)
    check, fixed = told["paths"][CHECK]["post"], told["paths"][FIXED]["get"]
    for one in (check, fixed):
        assert {name for need in one["security"] for name in need} == set(told["components"]["securitySchemes"])
    for answer in check["responses"].values():
        (media,) = answer["content"].values()
        if "example" in media:
            holds(media["schema"], media["example"], schemas)
            assert msgspec.convert(media["example"], ApiCheck, strict=True) == EXAMPLE


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_program_with_a_token_is_answered_as_the_document_says(system, language):
    status, headers, text = post(system, **GOOD, Accept_Language=language)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    told = json.loads(text)
    holds({"$ref": "ApiCheck"}, told, document()["components"]["schemas"])
    assert msgspec.json.decode(text, type=ApiCheck).files[0].findings[0].code == "TYP-02"
    assert headers["Set-Cookie"] is None


def test_a_program_gets_the_fixed_copy_that_its_answer_names(system):
    (path,) = [file["fixed"] for file in json.loads(post(system, **GOOD)[2])["files"] if file["fixed"]]
    status, headers, text = system.ask("GET", path, **GOOD)
    assert (status, text) == (200, "PK")
    assert "cong-van-da-sua.docx" in headers["Content-Disposition"]
    for wrong in (path.replace("/0", "/x"), path.replace("/0", "/-1"), path.replace("/0", "/10000")):
        status, _, text = system.ask("GET", wrong, **GOOD)
        assert status == 404
        assert msgspec.json.decode(text, type=ApiFault).error == "status_404"
    status, headers, _ = system.ask("GET", path, session="auditor")
    assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Cookie": f"session={TOKEN}"}, {"Cookie": "session=auditor"}, {"Authorization": "Bearer auditor"},
     {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer cvt_\xe9"}, {"Authorization": "Bearer " + "cvt_" + "a" * 200}],
)  # fmt: skip
def test_no_cookie_and_no_session_is_taken_for_a_token(system, headers):
    before = len(system.asked())
    status, fields, text = post(system, **headers)
    assert status == 401
    assert fields["WWW-Authenticate"] == "Bearer"
    assert msgspec.json.decode(text, type=ApiFault).error == "no_token"
    assert system.asked()[before:] == []


def test_faults_are_json_and_documented(system):
    documented = set(document()["paths"][CHECK]["post"]["responses"])
    for status, answer in (
        (422, post(system, files=(), **GOOD)),
        (421, post(system, **GOOD, Host="evil.example")),
        (404, system.ask("GET", "/api/v1/nothing", **GOOD)),
        (405, system.ask("GET", CHECK, **GOOD)),
        (422, system.ask("POST", CHECK, body=b"x", Content_Type="text/plain", **GOOD)),
        (422, post(system, files=[("a", b"x")], fields=[("to", "a@b.vn")] * 101, **GOOD)),
    ):
        assert answer[0] == status
        assert str(status) in documented or status in (404, 405)
        assert msgspec.json.decode(answer[2], type=ApiFault).message
