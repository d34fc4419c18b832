"""Promise: what a person wants by e-mail reaches a real SMTP server once, later where the server is away."""

import email
import email.policy
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import Membership, Organisation, Person
from kandelia.kernel.notices import facade, kinds, mailing
from kandelia.kernel.notices.models import Notice
from tests.peers.ports import free_port

pytestmark = pytest.mark.django_db
KNOCK = kinds.Kind("knock", LocalText("敲门", "A knock"), LocalText("{by}敲门", "{by} knocks at {what}"))
HUM = kinds.Kind("hum", LocalText("嗡", "A hum"), LocalText("嗡", "hum"), mailed=False)


class Letters:
    """What the server took; `refuse` answers RCPT with that reply."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.refuse = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.taken.append((envelope.rcpt_tos, message))
        return "250 OK"


@pytest.fixture
def post(settings: Any) -> Iterator[Letters]:
    """A real SMTP server on loopback, named in the settings."""
    letters = Letters()
    server = Controller(letters, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "kandelia@example.cn"
    settings.PUBLIC_ADDRESS = "https://kandelia.example.cn"
    yield letters
    server.stop()


@pytest.fixture
def people() -> SimpleNamespace:
    kinds.register(KNOCK, HUM)
    Organisation.objects.create(id="bureau", name_zh="示范局")
    made = {}
    for name, language in (("zhao", "zh"), ("qian", "en")):
        person = Person.objects.create(sign_in=name, email=f"{name}@example.cn", language=language, password="!")
        Membership.objects.create(person=person, organisation_id="bureau", role="viewer")
        made[name] = Viewer("bureau", f"person:{person.id}", name, Role.VIEWER, language)
    return SimpleNamespace(**made)


def knock(*viewers: Viewer, kind: str = "knock", **more: Any) -> None:
    words = {"by": "Sun\nBcc: all@example.cn", "what": ["门", "the door"]}
    facade.tell([one.person or 0 for one in viewers], kind, "bureau", words, **more)


def send() -> dict[str, Any]:
    return mailing.send(None, {})  # type: ignore[arg-type]


def test_each_in_their_language_once(people: Any, post: Letters) -> None:
    knock(people.zhao, people.qian)
    knock(people.qian)
    assert send() == {"sent": 2, "waiting": 0, "error": ""}
    assert send()["sent"] == 0
    (to_zhao, zh), (to_qian, en) = post.taken
    assert (to_zhao, to_qian) == (["zhao@example.cn"], ["qian@example.cn"])
    assert zh["subject"] == "[Kandelia] Sun Bcc: all@example.cn敲门" and zh["bcc"] is None
    assert en["subject"] == "[Kandelia] Sun Bcc: all@example.cn knocks at the door (+1)"
    assert en.get_content().count("https://kandelia.example.cn/notices/") == 2
    assert en["auto-submitted"] == "auto-generated" and "@example.cn>" in en["message-id"]


def test_only_what_is_wanted_and_unread(people: Any, post: Letters) -> None:
    knock(people.zhao, kind="hum")
    knock(people.zhao)
    facade.read(people.zhao)
    facade.choose_mail(people.qian, "other@example.cn", [])
    knock(people.qian)
    assert send()["sent"] == 0 and not post.taken
    facade.choose_mail(people.qian, "other@example.cn", ["hum"])
    knock(people.qian, kind="hum")
    assert send()["sent"] == 1 and post.taken[0][0] == ["other@example.cn"]


def test_it_tries_again_later_and_gives_up_where_refused(people: Any, post: Letters, settings: Any) -> None:
    knock(people.zhao)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    assert send()["waiting"] == 1 and send() == {"sent": 0, "waiting": 0, "error": ""}
    settings.EMAIL_PORT = port
    post.refuse = "450 later"
    Notice.objects.update(mail_at=timezone.now())
    assert send()["waiting"] == 1
    assert Notice.objects.get().mail_at - timezone.now() > timedelta(minutes=3)
    post.refuse = ""
    Notice.objects.update(mail_at=timezone.now())
    assert send()["sent"] == 1 and len(post.taken) == 1
    post.refuse = "550 nobody here"
    knock(people.zhao)
    assert send()["waiting"] == 1
    assert not Notice.objects.exclude(mail_at=None).exists()


def test_off_where_no_server_is_set(people: Any, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    knock(people.zhao)
    assert not facade.mails() and Notice.objects.get().mail_at is None and send()["sent"] == 0


def test_told_once_read_and_nobody_elses(people: Any) -> None:
    for _ in range(2):
        knock(people.zhao, once="a", subject="door/1")
    assert facade.unread(people.zhao) == 1 and facade.unread(people.qian) == 0
    facade.read(people.qian)
    facade.read(people.zhao, subject="door/2")
    assert facade.unread(people.zhao) == 1
    facade.read(people.zhao, subject="door/1")
    assert facade.notices(people.zhao, unread=True).items == () and facade.notices(people.zhao).items[0].read
    assert facade.notice(people.qian, facade.notices(people.zhao).items[0].id) is None


def test_pages_and_nonsense(people: Any) -> None:
    for _ in range(5):
        knock(people.zhao)
    first = facade.notices(people.zhao, limit=3)
    rest = facade.notices(people.zhao, after=first.next, limit=3)
    assert [len(first.items), len(rest.items), rest.next] == [3, 2, ""]
    with pytest.raises(InvalidInput):
        facade.choose_mail(people.zhao, "nonsense", [])
    with pytest.raises(NotAllowed):
        facade.notices(Viewer("bureau", "token:1", "t", Role.VIEWER))
