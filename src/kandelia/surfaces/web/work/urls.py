"""Addresses of what waits, who stands in, what was told, working days and people."""

from django.urls import path

from kandelia.surfaces.web.work import assignment, calendar, comments, delegations, inbox, notices, people

urlpatterns = [
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/badges", inbox.badges, name="badges"),
    path("notices", notices.notices, name="notices"),
    path("notices/read", notices.read_all, name="read-notices"),
    path("notices/mail", notices.mail, name="notice-mail"),
    path("notices/<int:id>", notices.notice, name="notice"),
    path("delegations", delegations.delegations, name="delegations"),
    path("delegations/<int:id>/end", delegations.end, name="end-delegation"),
    path("calendar", calendar.calendar, name="calendar"),
    path("calendar/<str:day>", calendar.day, name="calendar-day"),
    path("people", people.people, name="people"),
    path("people/proof", people.proof, name="proof-roles"),
    path("people/<int:id>", people.person, name="person"),
    path("people/<int:id>/grants", people.grant, name="grant-person"),
    path("people/<int:id>/<slug:what>", people.change, name="change-person"),
    path("records/<slug:type>/<int:id>/comments", comments.comments, name="comments"),
    path("records/<slug:type>/<int:id>/assignment", assignment.assignment, name="assignment"),
]
