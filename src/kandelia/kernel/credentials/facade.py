"""The room's door: codes, recovery codes, sign-in by a provider, and one's open sessions."""

from kandelia.kernel.access.sessions import on_session, on_sign_in
from kandelia.kernel.credentials.open_sessions import end_session, note, sessions_of
from kandelia.kernel.credentials.second_factor import (
    confirm,
    enrol,
    holders_of_factor,
    of,
    proof_roles,
    remove_own,
    renew_codes,
    reset,
    set_proof_roles,
)
from kandelia.kernel.credentials.signing_in import finish, sign_in_foreigner, waits_for_code, wants_code

__all__ = [
    "begin",
    "confirm",
    "end_session",
    "enrol",
    "finish",
    "holders_of_factor",
    "of",
    "proof_roles",
    "remove_own",
    "renew_codes",
    "reset",
    "sessions_of",
    "set_proof_roles",
    "sign_in_foreigner",
    "waits_for_code",
]


def begin() -> None:
    """Called once when Django's apps are ready."""
    on_sign_in(wants_code)
    on_session(note)
