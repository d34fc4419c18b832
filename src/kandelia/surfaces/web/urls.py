"""Addresses of the frame's own pages."""

from django.urls import include, path

from kandelia.surfaces.web.pages import finding, health, preferences, sign_in, tokens

urlpatterns = [
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("me", preferences.profile, name="profile"),
    path("me/save", preferences.save_profile, name="save-profile"),
    path("me/password", sign_in.change_password, name="change-password"),
    path("me/tokens", tokens.tokens, name="tokens"),
    path("me/tokens/<str:id>/revoke", tokens.revoke, name="revoke-token"),
    path("me/language", preferences.set_language, name="set-language"),
    path("me/theme", preferences.set_theme, name="set-theme"),
    path("me/organisation", preferences.set_organisation, name="set-organisation"),
    path("search", finding.find, name="search"),
    path("healthz", health.health, name="health"),
    path("", include("kandelia.surfaces.web.work.urls")),
    path("", include("kandelia.surfaces.web.records.urls")),
]
