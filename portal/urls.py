"""Where the addresses of both apps are put together."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from portal import views
from portal.account import views as account
from portal.calendar import views as calendar
from portal.health import views as health
from portal.home import home
from portal.lists import views as saved_views
from portal.notices import views as notices
from portal.search import views as search

urlpatterns = [
    path("", home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("session/", views.session, name="session"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("health/", health.page, name="health"),
    path("health/now/", health.now, name="health-now"),
    path("metrics", health.prometheus, name="metrics"),
    path("search/", search.search, name="search"),
    path("search/<uuid:pk>/", search.search_result, name="search-result"),
    path("views/", saved_views.view_list, name="view-list"),
    path("views/save/", saved_views.view_save, name="view-save"),
    path("views/<uuid:pk>/change/", saved_views.view_change, name="view-change"),
    path("views/<uuid:pk>/delete/", saved_views.view_delete, name="view-delete"),
    path("notices/", notices.notice_list, name="notices"),
    path("notices/read/", notices.notice_read, name="notice-read"),
    path("notices/<uuid:pk>/", notices.notice_open, name="notice-open"),
    path("account/", account.account, name="account"),
    path("account/password/", account.ChangePassword.as_view(), name="account-password"),
    path("account/calendar/", account.calendar_renew, name="calendar-renew"),
    path("account/calendar/off/", account.calendar_off, name="calendar-off"),
    path("calendar/<str:token>.ics", calendar.calendar, name="calendar"),
    path("admin/", admin.site.urls),
    path("api/", include("portal.api.urls")),
    path("", include("privacy.urls")),
    path("", include("hygiene.urls")),
]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"
