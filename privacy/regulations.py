"""The laws a privacy request can be made under, as Adobe codes them.

Source: Privacy Service API, list jobs (regulation parameter) and create a privacy job; the values the service itself
lists when it refuses one. Codes that only the OpenAPI file has are refused by the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Regulation:
    """One law: the code Adobe takes today, what people call it, and older codes that the service still takes for it."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()


REGULATIONS = (
    Regulation("gdpr", "General Data Protection Regulation (EU and UK)"),
    Regulation("ccpa", "California Consumer Privacy Act"),
    Regulation("cpra_ca_usa", "California Privacy Rights Act", ("cpra_usa",)),
    Regulation("cpa_co_usa", "Colorado Privacy Act", ("cpa_usa",)),
    Regulation("ctdpa_ct_usa", "Connecticut Data Privacy Act", ("ctdpa_usa",)),
    Regulation("dpdpa_de_usa", "Delaware Personal Data Privacy Act", ("dpdpa_usa",)),
    Regulation("fdbr_fl_usa", "Florida Digital Bill of Rights", ("fdbr_usa",)),
    Regulation("hipaa_usa", "Health Insurance Portability and Accountability Act (US)"),
    Regulation("icdpa_ia_usa", "Iowa Consumer Data Protection Act", ("icdpa_usa",)),
    Regulation("icdpa_in_usa", "Indiana Consumer Data Protection Act"),
    Regulation("kcdpa_ky_usa", "Kentucky Consumer Data Protection Act"),
    Regulation("lgpd_bra", "Lei Geral de Proteção de Dados (Brazil)"),
    Regulation("mcdpa_mn_usa", "Minnesota Consumer Data Privacy Act"),
    Regulation("mcdpa_mt_usa", "Montana Consumer Data Privacy Act", ("mcdpa_usa",)),
    Regulation("mhmda_wa_usa", "Washington My Health My Data Act", ("mhmda_usa",)),
    Regulation("modpa_md_usa", "Maryland Online Data Privacy Act"),
    Regulation("ndpa_ne_usa", "Nebraska Data Privacy Act", ("ndpa_usa",)),
    Regulation("nhpa_nh_usa", "New Hampshire Privacy Act", ("nhpa_usa",)),
    Regulation("njdpa_nj_usa", "New Jersey Data Privacy Act", ("njdpa_usa",)),
    Regulation("nzpa_nzl", "Privacy Act (New Zealand)"),
    Regulation("apa_aus", "Privacy Act (Australia)"),
    Regulation("ocpa_or_usa", "Oregon Consumer Privacy Act", ("ocpa_usa",)),
    Regulation("pdpa_tha", "Personal Data Protection Act (Thailand)"),
    Regulation("pipa_kor", "Personal Information Protection Act (South Korea)"),
    Regulation("dpdpa_ind", "Digital Personal Data Protection Act (India)"),
    Regulation("ql25_qc_can", "Law 25 (Quebec)", ("ql25_can",)),
    Regulation("ridtppa_ri_usa", "Rhode Island Data Transparency and Privacy Protection Act"),
    Regulation("tdpsa_tx_usa", "Texas Data Privacy and Security Act", ("tdpsa_usa",)),
    Regulation("tipa_tn_usa", "Tennessee Information Protection Act"),
    Regulation("ucpa_ut_usa", "Utah Consumer Privacy Act", ("ucpa_usa",)),
    Regulation("vcdpa_va_usa", "Virginia Consumer Data Protection Act", ("vcdpa_usa",)),
)

BY_CODE = {regulation.code: regulation for regulation in REGULATIONS}
# Written in samples of the Marketo and Customer Attributes pages; the service takes it neither in a request nor in a list.
_IN_SAMPLES = {"pdpa": "pdpa_tha"}
_BY_OLDER_CODE = {alias: regulation.code for regulation in REGULATIONS for alias in regulation.aliases} | _IN_SAMPLES
# Written in Adobe's OpenAPI file or on Adobe's own screens, and not taken by the service: the code that was meant.
REFUSED = {
    "dpdpa": "dpdpa_de_usa",
    "ql25": "ql25_qc_can",
    "ccca": "ccpa",
    "icdpalia_usa": "icdpa_ia_usa",
    "hipaa_aus": "hipaa_usa",
    "hipaa": "hipaa_usa",
    "cpra": "cpra_ca_usa",
    "lgpd": "lgpd_bra",
}


def canonical_regulation(text: str) -> str | None:
    """Adobe's current code for a code in any casing or an older code of the same law; None when there is no such law."""
    folded = text.strip().casefold()
    return folded if folded in BY_CODE else _BY_OLDER_CODE.get(folded)


def is_legacy(text: str) -> bool:
    """Whether this is an older code. Adobe said in 2025 that these would stop working; the current one is sent in its place."""
    return text.strip().casefold() in _BY_OLDER_CODE


def nearest(text: str) -> str | None:
    """The valid code most like a wrong one, or None when nothing is near."""
    folded = text.strip().casefold()
    if folded in REFUSED:
        return REFUSED[folded]
    close = get_close_matches(folded, [*BY_CODE, *_BY_OLDER_CODE], n=1, cutoff=0.6)
    return canonical_regulation(close[0]) if close else None


def regulation_name(code: str) -> str:
    """What people call the law; the code itself when it is not known."""
    return BY_CODE[code].name if code in BY_CODE else code
