"""The laws as Adobe codes them: 31 codes, 16 older codes, and what is written for them by mistake."""

from __future__ import annotations

import pytest

from privacy.regulations import Regulation
from privacy.shipped import LAWS as SHIPPED_LAWS
from tests.catalogs import SHIPPED

# The values that the live service lists when it refuses one.
CODES = [
    "gdpr",
    "ccpa",
    "cpra_ca_usa",
    "cpa_co_usa",
    "ctdpa_ct_usa",
    "dpdpa_de_usa",
    "fdbr_fl_usa",
    "hipaa_usa",
    "icdpa_ia_usa",
    "icdpa_in_usa",
    "kcdpa_ky_usa",
    "lgpd_bra",
    "mcdpa_mn_usa",
    "mcdpa_mt_usa",
    "mhmda_wa_usa",
    "modpa_md_usa",
    "ndpa_ne_usa",
    "nhpa_nh_usa",
    "njdpa_nj_usa",
    "nzpa_nzl",
    "apa_aus",
    "ocpa_or_usa",
    "pdpa_tha",
    "pipa_kor",
    "dpdpa_ind",
    "ql25_qc_can",
    "ridtppa_ri_usa",
    "tdpsa_tx_usa",
    "tipa_tn_usa",
    "ucpa_ut_usa",
    "vcdpa_va_usa",
]
ALIASES = {
    "cpra_usa": "cpra_ca_usa",
    "cpa_usa": "cpa_co_usa",
    "ctdpa_usa": "ctdpa_ct_usa",
    "dpdpa_usa": "dpdpa_de_usa",
    "fdbr_usa": "fdbr_fl_usa",
    "icdpa_usa": "icdpa_ia_usa",
    "mcdpa_usa": "mcdpa_mt_usa",
    "mhmda_usa": "mhmda_wa_usa",
    "ndpa_usa": "ndpa_ne_usa",
    "nhpa_usa": "nhpa_nh_usa",
    "njdpa_usa": "njdpa_nj_usa",
    "ocpa_usa": "ocpa_or_usa",
    "ql25_can": "ql25_qc_can",
    "tdpsa_usa": "tdpsa_tx_usa",
    "ucpa_usa": "ucpa_ut_usa",
    "vcdpa_usa": "vcdpa_va_usa",
}


LAWS = SHIPPED.laws
REFUSED = {text: law.code for law in SHIPPED_LAWS for text in law.misspellings}


def code_of(law: Regulation | None) -> str | None:
    """The code, where there is a law."""
    return law.code if law else None


def test_it_knows_adobes_31_codes_and_no_other() -> None:
    assert len(CODES) == 31
    assert {law.code for law in SHIPPED_LAWS} == set(CODES)
    assert len(SHIPPED_LAWS) == 31


def test_it_knows_the_16_older_codes_that_the_service_takes_and_no_other() -> None:
    assert len(ALIASES) == 16
    assert {alias: law.code for law in SHIPPED_LAWS for alias in law.aliases} == ALIASES


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_itself_in_any_casing(code: str) -> None:
    assert code_of(LAWS.find(f" {code.upper()} ")) == code
    assert not LAWS.is_legacy(code)


@pytest.mark.parametrize(("alias", "code"), ALIASES.items())
def test_an_older_code_means_todays(alias: str, code: str) -> None:
    assert code_of(LAWS.find(alias.upper())) == code
    assert LAWS.is_legacy(alias)


def test_a_code_that_only_samples_have_is_read_and_never_asked_for() -> None:
    assert code_of(LAWS.find("PDPA")) == "pdpa_tha"
    assert LAWS.is_legacy("pdpa")
    # A list under a code that the service refuses would fail every look for the law's calls.
    assert "pdpa" not in LAWS.codes_of("pdpa_tha")


@pytest.mark.parametrize("given", ["dpdpa", "ql25", "CCCA", "ICDPALIA_USA", "HIPAA_AUS", "", "gdpr2", "PDPA_VNM"])
def test_what_the_service_refuses_is_no_law(given: str) -> None:
    assert LAWS.find(given) is None


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("dpdpa", "dpdpa_de_usa"),
        ("QL25", "ql25_qc_can"),
        ("CCCA", "ccpa"),
        ("ICDPALIA_USA", "icdpa_ia_usa"),
        ("HIPAA_AUS", "hipaa_usa"),
        ("gpdr", "gdpr"),
        ("ccpaa", "ccpa"),
        ("vcdpa_va", "vcdpa_va_usa"),
        ("lgpd_brazil", "lgpd_bra"),
    ],
)
def test_the_law_that_was_meant_is_found(given: str, meant: str) -> None:
    assert code_of(LAWS.nearest(given)) == meant


def test_what_is_like_no_law_is_left_alone() -> None:
    assert LAWS.nearest("zzzzzz") is None


def test_every_law_that_is_hinted_at_exists() -> None:
    assert set(REFUSED.values()) <= set(CODES)
    assert not set(REFUSED) & (set(CODES) | set(ALIASES))


def test_a_law_that_we_do_not_know_is_shown_as_it_came() -> None:
    assert LAWS.name("ql25_qc_can") == "Law 25 (Quebec)"
    assert LAWS.name("a_law_of_tomorrow") == "a_law_of_tomorrow"
