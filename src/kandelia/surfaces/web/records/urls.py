"""Addresses of records: /records/<type>… for who signed in, /portal… for everybody, /desk where work begins."""

from django.urls import path

from kandelia.surfaces.web.records import bulk, desk, forms, lists, page, portal, steps

urlpatterns = [
    path("desk", desk.desk, name="desk"),
    path("records/<slug:type>", lists.record_list, name="records"),
    path("records/<slug:type>/columns", lists.columns_chosen, name="record-columns"),
    path("records/<slug:type>/views", lists.views, name="record-views"),
    path("records/<slug:type>/bulk", bulk.bulk, name="record-bulk"),
    path("records/<slug:type>/new", forms.new, name="record-new"),
    path("records/<slug:type>/choices/<str:field>", lists.choices, name="record-choices"),
    path("records/<slug:type>/schema/<str:field>", forms.schema_inputs, name="record-schema"),
    path("records/<slug:type>/<int:id>", page.record, name="record"),
    path("records/<slug:type>/<int:id>/edit", forms.edit, name="record-edit"),
    path("records/<slug:type>/<int:id>/history", page.history, name="record-history"),
    path("records/<slug:type>/<int:id>/remove", steps.remove, name="record-remove"),
    path("records/<slug:type>/<int:id>/steps/<str:step>", steps.step, name="record-step"),
    path("records/<slug:type>/<int:id>/reveal/<str:field>", steps.reveal, name="record-reveal"),
    path("portal", portal.home, name="portal"),
    path("portal/search", portal.portal_search, name="portal-search"),
    path("portal/<slug:type>", portal.portal_list, name="portal-list"),
    path("portal/<slug:type>/<int:id>", portal.portal_record, name="portal-record"),
]
