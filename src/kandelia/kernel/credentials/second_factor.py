"""One-time codes of an authenticator (TOTP, RFC 6238): enrolled, confirmed, asked for at sign-in, taken away."""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from kandelia.base.errors import Conflict, InvalidInput
from kandelia.kernel.access.audit import append, audit
from kandelia.kernel.access.contracts import Right, Role, Viewer
from kandelia.kernel.access.guards import require
from kandelia.kernel.access.models import Organisation, Person
from kandelia.kernel.access.people import PASSWORD_LETTERS, member
from kandelia.kernel.access.revocation import tell_revoked
from kandelia.kernel.credentials.contracts import Enrolment, SecondFactorView
from kandelia.kernel.credentials.models import RecoveryCode, SecondFactor
from kandelia.kernel.credentials.open_sessions import end_all

PERIOD_S = 30  # what authenticators assume (RFC 6238, 5.2)
STEPS_AROUND = (0, -1, 1)  # clocks differ (RFC 6238, 5.2 and 6)
RECOVERY_CODES = 10
RECOVERY_GROUPS, RECOVERY_GROUP_LENGTH = 3, 5  # 15 of 31 letters: 74 bits, so that a plain hash is enough
CODE_LENGTH_MAX = 40
ISSUER = "Kandelia"


def of(person_id: int) -> SecondFactorView:
    """How it stands for a person."""
    row = SecondFactor.objects.filter(person_id=person_id).first()
    left = RecoveryCode.objects.filter(person_id=person_id).count()
    return SecondFactorView(row.confirmed_at if row else None, left)


def holders_of_factor(people: Iterable[int]) -> frozenset[int]:
    """Those of these people of whom codes are asked."""
    rows = SecondFactor.objects.filter(person_id__in=list(people)).exclude(confirmed_at=None)
    return frozenset(rows.values_list("person_id", flat=True))


def enrol(person_id: int) -> Enrolment:
    """The secret to confirm: the one begun before, so that a page that is loaded again shows the same. Conflict where
    codes are asked already."""
    person = Person.objects.get(id=person_id)
    row = SecondFactor.objects.filter(person=person).first()
    if row is not None and row.confirmed_at is not None:
        raise Conflict("codes are asked of you already", "code", "take the old one away first", "factor-exists")
    secret = _open(row.secret) if row is not None else ""
    if not secret:
        secret = pyotp.random_base32()
        sealed = _cipher().encrypt(secret.encode()).decode()
        SecondFactor.objects.update_or_create(person=person, defaults={"secret": sealed})
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=person.sign_in, issuer_name=ISSUER))


def confirm(person_id: int, code: str, *, address: str = "") -> tuple[str, ...]:
    """From now on codes are asked; the recovery codes, which are shown this once. InvalidInput for a wrong code."""
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(person_id=person_id, confirmed_at=None).first()
        if row is None or not _take(row, code):
            raise _wrong()
        SecondFactor.objects.filter(person_id=person_id).update(confirmed_at=timezone.now())
        append(f"person:{person_id}", "person.second-factor", row.person.sign_in, {"on": True}, address=address)
        return _renew_codes(person_id)


def renew_codes(person_id: int, code: str, *, address: str = "") -> tuple[str, ...]:
    """Fresh recovery codes; the old ones end. InvalidInput for a wrong code."""
    with transaction.atomic():
        _demand(person_id, code)
        name = Person.objects.get(id=person_id).sign_in
        append(f"person:{person_id}", "person.recovery-codes", name, {}, address=address)
        return _renew_codes(person_id)


def remove_own(person_id: int, code: str, *, address: str = "") -> None:
    """No code is asked any more; needs one last. InvalidInput for a wrong one."""
    with transaction.atomic():
        _demand(person_id, code)
        _remove(person_id)
        name = Person.objects.get(id=person_id).sign_in
        append(f"person:{person_id}", "person.second-factor", name, {"on": False}, address=address)


def reset(viewer: Viewer, sign_in: str, *, address: str = "") -> bool:
    """Take the second factor of somebody who lost it away; their sessions end. True where there was one.

    Needs Right.ADMINISTER, over a person that this organisation alone answers for.
    """
    require(viewer, Right.ADMINISTER)
    with transaction.atomic():
        person = member(viewer, sign_in)
        had = SecondFactor.objects.filter(person=person).exists()
        _remove(person.id)
        end_all(person)
        audit(viewer, "person.second-factor-reset", person.sign_in, {"had": had}, address)
        tell_revoked(f"person:{person.id}")
    return had


def accept(person_id: int, code: str) -> str:
    """What the code is ("code", "recovery-code"), "" for a wrong one; a right one is taken and will not do again."""
    row = SecondFactor.objects.filter(person_id=person_id).exclude(confirmed_at=None).first()
    if row is not None and _take(row, code):
        return "code"
    text = code.strip().lower().replace(" ", "")[:CODE_LENGTH_MAX]
    used, _ = RecoveryCode.objects.filter(person_id=person_id, digest=_digest(person_id, text)).delete()
    return "recovery-code" if used else ""


def proof_roles(viewer: Viewer) -> frozenset[Role]:
    """The roles whose sign-in asks for more than a password here."""
    kept = Organisation.objects.filter(id=viewer.organisation).values_list("proof_roles", flat=True).first()
    return frozenset(role for role in Role if role.value in (kept or ()))


def set_proof_roles(viewer: Viewer, roles: Iterable[Role], *, address: str = "") -> None:
    """From the next request on, people of these roles who have no second factor are led to set one up first."""
    require(viewer, Right.ADMINISTER)
    names = sorted(role.value for role in set(roles))
    with transaction.atomic():
        Organisation.objects.filter(id=viewer.organisation).update(proof_roles=names)
        audit(viewer, "organisation.proof-roles", viewer.organisation, {"roles": names}, address)


def _demand(person_id: int, code: str) -> None:
    if not accept(person_id, code):
        raise _wrong()


def _remove(person_id: int) -> None:
    SecondFactor.objects.filter(person_id=person_id).delete()
    RecoveryCode.objects.filter(person_id=person_id).delete()


def _take(row: SecondFactor, code: str) -> bool:
    """Whether the code is of this or a neighbouring step that is later than the last one taken (RFC 6238, 5.2)."""
    code, secret = code.strip().replace(" ", ""), _open(row.secret)
    if not secret or len(code) > CODE_LENGTH_MAX:
        return False
    now = int(time.time()) // PERIOD_S
    for step in (now + around for around in STEPS_AROUND):
        if constant_time_compare(pyotp.TOTP(secret).at(step * PERIOD_S), code):
            fresh = SecondFactor.objects.filter(person_id=row.person_id, last_step__lt=step)
            return fresh.update(last_step=step) == 1
    return False


def _renew_codes(person_id: int) -> tuple[str, ...]:
    codes = tuple(_make_code() for _ in range(RECOVERY_CODES))
    RecoveryCode.objects.filter(person_id=person_id).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(person_id=person_id, digest=_digest(person_id, one)) for one in codes)
    return codes


def _make_code() -> str:
    groups = (
        "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(RECOVERY_GROUP_LENGTH)) for _ in range(RECOVERY_GROUPS)
    )
    return "-".join(groups)


def _digest(person_id: int, code: str) -> str:
    return hashlib.sha256(f"{person_id}:{code}".encode()).hexdigest()


def _cipher() -> Fernet:
    key = hashlib.sha256(b"kandelia second factor\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(urlsafe_b64encode(key))


def _open(secret: str) -> str:
    """The secret in plain text; "" where the installation's key is another one now (a backup without its keys)."""
    try:
        return _cipher().decrypt(secret.encode()).decode()
    except InvalidToken:
        return ""


def _wrong() -> InvalidInput:
    return InvalidInput("this is not the code", "code", "wait for the next one and type it at once", "wrong-code")
