"""Reading the portal's pages in tests. A `Browser` holds every page that it is shown to the rules that hold for all of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.test import Client

from portal.models import User

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
INLINE = {"a", "b", "code", "em", "i", "span", "strong", "time", "label", "button"}
REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


@dataclass
class Element:
    """One element of a page."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def __getitem__(self, attribute: str) -> str:
        """An attribute; empty when it is not there."""
        return self.attributes.get(attribute, "")

    def all(self, tag: str = "", /, **attributes: str) -> list[Element]:
        """Every element below of that tag with these attributes (`class_` is one of its classes)."""
        return [one for one in self._below() if tag in ("", one.name) and all(one._has(*each) for each in attributes.items())]

    def one(self, tag: str = "", /, **attributes: str) -> Element:
        """The only one."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of <{tag} {attributes}> in: {self.text}"
        return found[0]

    @property
    def text(self) -> str:
        """Its words as they are read, white space made single."""
        return " ".join("".join(self._texts()).split())

    def _has(self, attribute: str, value: str, /) -> bool:
        if attribute == "class_":
            return value in self["class"].split()
        return self.attributes.get(attribute.replace("_", "-")) == value

    def _below(self) -> Iterator[Element]:
        """In the order of the page. Without recursion, which would cost each element its depth."""
        waiting: list[Element | str] = [*reversed(self.children)]
        while waiting:
            child = waiting.pop()
            if isinstance(child, Element):
                yield child
                waiting += reversed(child.children)

    def _texts(self) -> Iterator[str]:
        space = "" if self.name in INLINE else " "
        yield space
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()
        yield space


class _Builder(HTMLParser):
    """Builds the tree; each element must be closed where it was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            child = self._open[-1].children[-1]
            assert isinstance(child, Element)
            self._open.append(child)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"<{tag}> names an attribute twice"
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        opened = self._open.pop()
        assert opened.name == tag, f"<{opened.name}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def finished(self) -> Element:
        self.close()
        assert self._open == [self.root], f"<{self._open[-1].name}> is never closed"
        return self.root


@dataclass
class Form:
    """A form as a person would send it: where to, what is filled in, and the words on its buttons."""

    action: str
    method: str
    fields: dict[str, str]
    buttons: list[str]


class Page:
    """One page, or a part of one."""

    def __init__(self, html: str) -> None:
        builder = _Builder()
        builder.feed(html)
        self.html = html
        self.root = builder.finished()

    @classmethod
    def of(cls, answer: Any) -> Page:
        """The page of an answer, which is read once however many ask."""
        assert isinstance(answer, HttpResponse) or hasattr(answer, "content"), answer
        if not hasattr(answer, "read_as_page"):
            answer.read_as_page = cls(answer.content.decode())
        page: Page = answer.read_as_page
        return page

    @property
    def is_whole(self) -> bool:
        """Whether it is a page of its own rather than a part that htmx puts into one."""
        return bool(self.root.all("html"))

    @property
    def text(self) -> str:
        """What a person reads of it."""
        main = self.root.all("main")
        return (main[0] if main else self.root).text

    @property
    def title(self) -> str:
        """The words of its first heading."""
        return self.root.one("h1").text

    @property
    def links(self) -> dict[str, str]:
        """Address -> words. Of two links to the same place, the last."""
        return {link["href"]: link.text for link in self.root.all("a")}

    @property
    def rows(self) -> list[Element]:
        """The rows of its only table that are not the note of an empty one."""
        body = self.root.one("tbody")
        return [row for row in body.all("tr") if not row.all("td", class_="empty")]

    @property
    def pills(self) -> list[str]:
        """Every status on it."""
        return [pill.text for pill in self.root.all("span", class_="pill")]

    @property
    def forms(self) -> dict[str, Form]:
        """Address -> form; the sign-out form of the header is not among them."""
        main = self.root.all("main")
        found = (main[0] if main else self.root).all("form")
        return {form["action"]: _form(form) for form in found}

    def facts(self) -> dict[str, str]:
        """The key-value lists of the page."""
        names = [name.text for name in self.root.all("dt")]
        return dict(zip(names, [value.text for value in self.root.all("dd")], strict=True))

    def section(self, id_of_title: str) -> Element:
        """The section that this title names."""
        return self.root.one("section", aria_labelledby=id_of_title)


def _form(form: Element) -> Form:
    fields = {each["name"]: each["value"] for each in form.all("input") if each["name"] and each["type"] != "checkbox"}
    return Form(form["action"], form["method"], fields, [button.text for button in form.all("button")])


# --- What holds for every page ---


def faults_of(page: Page) -> list[str]:
    """What is wrong with a page, whatever it shows: inline code, foreign sources, broken references, forms without a token."""
    elements = page.root.all()
    return [
        *(fault for one in elements for fault in _inline_code(one)),
        *(f"loads {one[LOADING[one.name]]}" for one in elements if one.name in LOADING and _is_foreign(one)),
        *(f"id {name} stands {count} times" for name, count in _ids(elements).items() if count > 1),
        *_dangling(elements),
        *(f"form {one['action']} has no token" for one in page.root.all("form", method="post") if not _has_token(one)),
        *(f"link without words: {one['href']}" for one in page.root.all("a") if not one.text or not one["href"]),
        *(_of_whole_page(page) if page.is_whole else []),
    ]


def _inline_code(one: Element) -> Iterator[str]:
    if one.name == "style" or (one.name == "script" and (not one["src"] or one.text)):
        yield f"inline <{one.name}>"
    for name, value in one.attributes.items():
        if name == "style" or name.startswith(("on", "hx-on")):
            yield f"<{one.name} {name}>"
        if value.strip().lower().startswith(("javascript:", "js:")):
            yield f"<{one.name} {name}={value}>"
    if "[" in one["hx-trigger"]:
        yield "a filter of hx-trigger is code"


def _is_foreign(one: Element) -> bool:
    parts = urlsplit(one[LOADING[one.name]])
    return bool(parts.scheme or parts.netloc)


def _ids(elements: list[Element]) -> Counter[str]:
    return Counter(one["id"] for one in elements if one["id"])


def _dangling(elements: list[Element]) -> Iterator[str]:
    known = _ids(elements)
    for one in elements:
        for name in REFERRING:
            yield from (f"<{one.name} {name}> names #{each}" for each in one[name].split() if each not in known)
        if one.name == "a" and re.fullmatch(r"#.+", one["href"]) and one["href"][1:] not in known:
            yield f"a link leads to {one['href']}"


def _has_token(form: Element) -> bool:
    return bool(form.all("input", name="csrfmiddlewaretoken"))


def _of_whole_page(page: Page) -> Iterator[str]:
    if len(page.root.all("h1")) != 1:
        yield "not one <h1>"
    title = page.root.one("head").one("title").text.removesuffix(" · Privacy Portal").strip("· ")
    if not page.root.one("html")["lang"] or not title:
        yield "no language or no title"


class Browser(Client):
    """A person's browser. What it is answered must keep the rules of every answer, else the test fails."""

    @classmethod
    def of(cls, user: User | None) -> Self:
        """Signed in as this person; nobody for None."""
        browser = cls()
        if user is not None:
            browser.force_login(user)
        return browser

    def request(self, **request: Any) -> Any:
        """Ask, and look at the answer as a browser would."""
        answer = super().request(**request)
        assert faults_of_headers(answer) == []
        if is_page(answer):
            assert faults_of(Page.of(answer)) == [], request.get("PATH_INFO")
        return answer

    def page(self, address: str, **query: str) -> Page:
        """Open a page that must be there."""
        answer = self.get(address, query or None)
        assert answer.status_code == 200, (address, answer.status_code)
        return Page.of(answer)


def is_page(answer: Any) -> bool:
    """Whether an answer is HTML that can be read."""
    return answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming and bool(answer.content)


def faults_of_headers(answer: Any) -> list[str]:
    """What is wrong with the headers: code from elsewhere allowed, or personal pages kept in caches."""
    policy = answer.headers.get("Content-Security-Policy", "")
    faults = [] if "default-src 'self'" in policy else ["no Content-Security-Policy"]
    faults += [word for word in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*") if word in policy]
    if not answer.headers.get("X-Request-ID"):
        faults.append("no X-Request-ID")
    if getattr(getattr(answer.wsgi_request, "user", None), "is_authenticated", False):
        kept = answer.headers.get("Cache-Control", "")
        faults += [f"Cache-Control without {word}" for word in ("no-store", "private") if word not in kept]
    return faults
