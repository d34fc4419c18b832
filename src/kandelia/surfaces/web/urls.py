"""Addresses of the frame's own pages."""

from django.urls import include, path

from kandelia.surfaces.web.pages import (
    devices,
    finding,
    health,
    preferences,
    provider,
    rights,
    second_factor,
    sign_in,
    tokens,
)

urlpatterns = [
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-in/code", sign_in.code, name="sign-in-code"),
    path("sign-in/provider", provider.go, name="provider"),
    path("sign-in/provider/return", provider.back, name="provider-return"),
    path("sign-in/provider/leave", provider.leave, name="provider-leave"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("me", preferences.profile, name="profile"),
    path("me/save", preferences.save_profile, name="save-profile"),
    path("me/password", sign_in.change_password, name="change-password"),
    path("me/code", second_factor.second_factor, name="second-factor"),
    path("me/code/<slug:what>", second_factor.change, name="change-second-factor"),
    path("me/sessions/<int:id>/end", preferences.end_session, name="end-session"),
    path("me/tokens", tokens.tokens, name="tokens"),
    path("me/tokens/<str:id>/revoke", tokens.revoke, name="revoke-token"),
    path("me/language", preferences.set_language, name="set-language"),
    path("me/theme", preferences.set_theme, name="set-theme"),
    path("me/organisation", preferences.set_organisation, name="set-organisation"),
    path("devices", devices.devices, name="devices"),
    path("devices/<str:id>/end", devices.end, name="end-device"),
    path("roles", rights.roles, name="roles"),
    path("sharing", rights.shares, name="sharing"),
    path("sharing/<int:id>", rights.share, name="share"),
    path("sharing/<int:id>/<slug:step>", rights.answer, name="answer-share"),
    path("search", finding.find, name="search"),
    path("healthz", health.health, name="health"),
    path("", include("kandelia.surfaces.web.work.urls")),
    path("", include("kandelia.surfaces.web.records.urls")),
]
