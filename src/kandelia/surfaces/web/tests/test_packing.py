"""Promise: pages leave gzipped for those who take it, and as they are for everybody else."""

import gzip

import pytest
from django.test import Client

from kandelia.base.text import LocalText
from kandelia.kernel.access import facade as access

pytestmark = pytest.mark.django_db


def test_a_page_is_gzipped_for_who_takes_it() -> None:
    access.add_organisation("main", LocalText("主厂", "Main"))
    plain = Client().get("/sign-in")
    assert "Content-Encoding" not in plain
    assert plain["Vary"].count("Accept-Encoding") == 1
    packed = Client().get("/sign-in", headers={"Accept-Encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) == int(packed["Content-Length"]) < len(plain.content)
    assert b"<!doctype html>" in gzip.decompress(packed.content)


def test_what_is_no_page_is_left_alone() -> None:
    answer = Client().get("/api/v1/me", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer
