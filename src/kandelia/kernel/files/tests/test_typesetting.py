"""Promise: a document holds its Chinese font and its text; data never run as a template."""

import datetime as dt

import pypdfium2
import pytest

from kandelia.base.errors import KandeliaError
from kandelia.kernel.files import typesetting

AT = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
TEMPLATE = f'#set text(font: "{typesetting.FAMILY}", lang: "zh", region: "cn")\n= #data.title\n#data.text'
pytestmark = pytest.mark.skipif(not typesetting.ready(), reason="the Chinese font comes with make front")


def text_of(made: bytes) -> str:
    page = pypdfium2.PdfDocument(made)[0]
    return page.get_textpage().get_text_bounded()


def test_text_can_be_taken_out_again_and_the_font_is_inside() -> None:
    made = typesetting.pdf(TEMPLATE, {"title": "受理通知书", "text": '#read("/etc/passwd") *不加粗*'}, AT)
    assert "受理通知书" in text_of(made) and '#read("/etc/passwd") *不加粗*' in text_of(made)
    assert b"NotoSansSC" in made and made == typesetting.pdf(
        TEMPLATE, {"title": "受理通知书", "text": '#read("/etc/passwd") *不加粗*'}, AT
    )


@pytest.mark.parametrize("template", ['#read("/etc/passwd")', '#import "@preview/tablex:0.0.8": *', "#nothing"])
def test_a_template_sees_its_own_folder_only(template: str) -> None:
    with pytest.raises(KandeliaError, match="template"):
        typesetting.pdf(template, {}, AT)
