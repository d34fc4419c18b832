"""Promise: whatever is sent to an address of the API, it is understood or refused with a word; nothing breaks."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kandelia.kernel.access.contracts import Role
from tests.api.conftest import Program, nats, plane, plants, published

__all__ = ["nats", "plane", "plants", "published"]
METHODS = ("get", "put", "post", "patch", "delete")
DEPTH_MAX = 4
KNOWN = (
    "s1", "s1/hall", "s1/hall/oven", "s1/hall/lines/l1", "link", "1", "2", "s1.hall.oven.temperature", "temperature",
    "float", "0", "1000", "2026-01-01T00:00:00Z", "csv", "json", "parquet", "10", "1m", "a",
)  # fmt: skip
EDGES = (
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    True,
    None,
    "",
    "\0",
    "\ud800",
)
words = st.one_of(st.sampled_from(KNOWN), st.text(max_size=30), st.integers().map(str), st.floats().map(str))
scalars = st.one_of(words, st.sampled_from(EDGES), st.integers(), st.floats())
garbage = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)


class Described:
    """Values for what the OpenAPI document says of parameters and bodies, now and then garbage in their place."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.operations = [
            (path, method, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if method in METHODS
        ]

    def value(self, schema: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
        schema = self._resolved(schema)
        fitting = self._fitting(schema, depth) if depth < DEPTH_MAX else scalars
        return st.integers(0, 9).flatmap(lambda chance: garbage if chance == 0 else fitting)

    def _fitting(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return st.one_of([self.value(one, depth + 1) for one in schema[several]])
        if isinstance(schema.get("type"), list):
            return st.one_of([self.value({**schema, "type": one}, depth + 1) for one in schema["type"]])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if schema.get("type") == "object":
            named = {name: self.value(one, depth + 1) for name, one in schema.get("properties", {}).items()}
            required = {name: named.pop(name) for name in schema.get("required", ()) if name in named}
            return st.fixed_dictionaries(required, optional=named) if named or required else garbage
        if schema.get("type") == "array":
            return st.lists(self.value(schema.get("items", {}), depth + 1), max_size=4)
        return {"integer": st.integers(), "number": st.floats(), "boolean": st.booleans(), "string": words}.get(
            schema.get("type", ""), scalars
        )

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    @st.composite
    @staticmethod
    def request(draw: st.DrawFn, self: "Described") -> tuple[str, str, bytes, dict[str, str]]:
        """Method, address, body and headers."""
        path, method, operation = draw(st.sampled_from(self.operations))
        query: list[tuple[str, str]] = []
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                value = draw(st.one_of(st.sampled_from(KNOWN), words.filter(bool)))
                path = path.replace("{" + parameter["name"] + "}", quote(value.encode("utf-8", "replace"), safe="/"))
            elif parameter["in"] == "query" and (parameter.get("required") or draw(st.booleans())):
                value = draw(st.one_of(words, self.value(parameter.get("schema", {}))))
                query.append((parameter["name"], str(value)))
        body = draw(self.body(operation))
        address = path + ("?" + urlencode(query, errors="replace") if query else "")
        kinds = ("application/json", "application/vnd.apache.arrow.stream", "text/plain", "multipart/form-data", "")
        kind = kinds[0] if draw(st.integers(0, 5)) else draw(st.sampled_from(kinds))
        headers = {"content_type": kind}
        if draw(st.integers(0, 5)) == 0:
            headers["HTTP_IDEMPOTENCY_KEY"] = draw(st.text(st.characters(max_codepoint=255), max_size=300))
        return method.upper(), address, body, headers

    def body(self, operation: dict[str, Any]) -> st.SearchStrategy[bytes]:
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        texts = self.value(schema).map(lambda value: json.dumps(value).encode())
        return st.one_of(texts, texts, texts, st.binary(max_size=200), st.just(b""))


@pytest.mark.slow
def test_nothing_breaks(published: object) -> None:
    program = Program("north", Role.ADMINISTRATOR)
    described = Described(program.get("/openapi.json"))
    assert len(described.operations) >= 25

    @settings(suppress_health_check=list(HealthCheck), deadline=None)
    @given(Described.request(described))
    def sent(request: tuple[str, str, bytes, dict[str, str]]) -> None:
        method, address, body, headers = request
        answered = program.client.generic(method, address, body, **headers)
        assert answered.status_code < 500 or answered.status_code == 503, (request, answered.content[:500])
        if answered.status_code >= 400:
            assert answered["Content-Type"] == "application/problem+json", (request, answered.status_code)
            assert answered.json()["type"].startswith("urn:kandelia:")

    sent()
