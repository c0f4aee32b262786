from __future__ import annotations

import pytest

from portal.adobe.addresses import AddressError, parse_address


def test_it_compares_scheme_host_and_port() -> None:
    address = parse_address("https://Platform.Adobe.io/data/core/privacy/jobs?page=0")
    assert address.origin == ("https", "platform.adobe.io", 443)
    assert address.target == "/data/core/privacy/jobs?page=0"
    assert address.origin == parse_address("https://platform.adobe.io:443").origin
    assert address.origin != parse_address("http://platform.adobe.io").origin
    assert address.origin != parse_address("https://platform.adobe.io:8443").origin


def test_it_reads_an_ipv6_host() -> None:
    assert parse_address("http://[::1]:8080/x").origin == ("http", "::1", 8080)


def test_it_matches_an_allow_list_entry_only_on_its_own_port() -> None:
    assert parse_address("https://files.example.com/x").is_host("Files.Example.com")
    assert parse_address("https://files.example.com:9000/x").is_host("files.example.com:9000")
    assert not parse_address("https://files.example.com:9000/x").is_host("files.example.com")
    assert not parse_address("https://files.example.com.evil.example/x").is_host("files.example.com")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://...",
        "/data/core",
        "ftp://platform.adobe.io/x",
        "file:///etc/passwd",
        "platform.adobe.io",
        "https://platform.adobe.io@evil.example/",
        "https://user:secret@platform.adobe.io/",
        "https://:443/",
        "https://a:99999/",
    ],
)
def test_it_refuses_what_is_no_plain_web_address(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(text)


@pytest.mark.parametrize("text", ["https://evil.example\\@platform.adobe.io/", "https://evil.example#@platform.adobe.io/"])
def test_it_is_not_fooled_about_the_host(text: str) -> None:
    assert parse_address(text).host == "evil.example"
