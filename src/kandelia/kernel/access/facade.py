"""The room's door: who is looking, what they may do, and the audit of what they did."""

from kandelia.kernel.access.audit import append, audit, list_audit, rows_that_hold, verify_chain
from kandelia.kernel.access.devices import DeviceView, add_device, end_device, grants, grants_mark, list_devices
from kandelia.kernel.access.duties import duties_of, holders, set_duties
from kandelia.kernel.access.grants import (
    end_grant,
    give_grant,
    list_grants,
    on_place,
    place_removed,
    places_changed,
    places_moved,
)
from kandelia.kernel.access.guards import SYSTEM_SUBJECT, reach_of, require, require_at, system_viewer
from kandelia.kernel.access.lending import Lending, LookView, borrowed, end_lending, lend, list_looks, note_looks
from kandelia.kernel.access.organisations import add_organisation, list_organisations
from kandelia.kernel.access.people import (
    THEMES,
    add_person,
    change_password,
    disable_person,
    enable_person,
    has_password,
    list_people,
    reset_password,
    set_preferences,
    set_role,
)
from kandelia.kernel.access.places import is_root, remembering
from kandelia.kernel.access.refusals import note_refusal
from kandelia.kernel.access.revocation import on_revoked
from kandelia.kernel.access.sessions import (
    SignedIn,
    address_of,
    keep_session,
    note_proof,
    sign_in,
    sign_out,
    signed_in,
    switch_organisation,
    viewer_of_request,
)
from kandelia.kernel.access.tokens import create_token, list_tokens, revoke_token

__all__ = [
    "SYSTEM_SUBJECT",
    "THEMES",
    "DeviceView",
    "Lending",
    "LookView",
    "SignedIn",
    "add_device",
    "add_organisation",
    "add_person",
    "address_of",
    "append",
    "audit",
    "borrowed",
    "change_password",
    "create_token",
    "disable_person",
    "duties_of",
    "enable_person",
    "end_device",
    "end_grant",
    "end_lending",
    "give_grant",
    "grants",
    "grants_mark",
    "has_password",
    "holders",
    "is_root",
    "keep_session",
    "lend",
    "list_audit",
    "list_devices",
    "list_grants",
    "list_looks",
    "list_organisations",
    "list_people",
    "list_tokens",
    "note_looks",
    "note_proof",
    "note_refusal",
    "on_place",
    "on_revoked",
    "place_removed",
    "places_changed",
    "places_moved",
    "reach_of",
    "remembering",
    "require",
    "require_at",
    "reset_password",
    "revoke_token",
    "rows_that_hold",
    "set_duties",
    "set_preferences",
    "set_role",
    "sign_in",
    "sign_out",
    "signed_in",
    "switch_organisation",
    "system_viewer",
    "verify_chain",
    "viewer_of_request",
]
