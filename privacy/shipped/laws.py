"""The laws as they ship: Adobe's 31 codes with 16 older ones, and what each law says about time.

Codes: Privacy Service API, list jobs (regulation parameter), and the values that the service itself lists when it refuses one.
Days: the laws themselves and Adobe's overview of regulations; a planning aid, not legal advice.
"""

from __future__ import annotations

from privacy.deadlines import Deadline, Unit
from privacy.regulations import Regulation


def _same(deadline: Deadline) -> dict[str, Deadline]:
    return {"access": deadline, "delete": deadline, "opt-out-of-sale": deadline}


def _no_opt_out(deadline: Deadline) -> dict[str, Deadline]:
    return {"access": deadline, "delete": deadline}


def _only_access(deadline: Deadline) -> dict[str, Deadline]:
    return {"access": deadline}


def _with_opt_out(deadline: Deadline, opt_out: Deadline) -> dict[str, Deadline]:
    return {"access": deadline, "delete": deadline, "opt-out-of-sale": opt_out}


# Extensions count from the first due date. Where a law has words and no number, the date is for the officer to choose. No law
# ships with a pause: an administrator writes down when the clock may stand still, once counsel has said so.
_GDPR = Deadline(
    1,
    Unit.MONTHS,
    "GDPR Art. 12(3): one month from receipt",
    "2 months, told to the person within the first",
    extension_amount=2,
    extension_unit=Unit.MONTHS,
)
_CALIFORNIA = Deadline(
    45, Unit.DAYS, "CCPA: 45 calendar days; receipt is acknowledged within 10 business days", "45 days", extension_amount=45
)
_CALIFORNIA_OPT_OUT = Deadline(15, Unit.WORKING_DAYS, "CCPA regulations: an opt-out within 15 business days")
_STATE = Deadline(45, Unit.DAYS, "State privacy law: 45 days", "45 days", extension_amount=45)
_FLORIDA = Deadline(45, Unit.DAYS, "Florida Digital Bill of Rights: 45 days", "15 days", extension_amount=15)
_IOWA = Deadline(90, Unit.DAYS, "Iowa Consumer Data Protection Act: 90 days", "45 days", extension_amount=45)
_HIPAA = Deadline(30, Unit.DAYS, "HIPAA: access within 30 days; it gives no right of erasure", "30 days", extension_amount=30)
_BRAZIL = Deadline(
    15, Unit.DAYS, "LGPD Art. 19: full declaration within 15 days; for erasure Adobe plans the same, the Act has no number"
)
_NEW_ZEALAND = Deadline(20, Unit.WORKING_DAYS, "Privacy Act 2020: 20 working days", "with notice")
_AUSTRALIA = Deadline(30, Unit.DAYS, "Privacy Act 1988: agencies 30 days; organizations about 30 days by guidance")
_THAILAND = Deadline(30, Unit.DAYS, "PDPA: 30 days", "30 days, with a written reason", extension_amount=30)
_QUEBEC = Deadline(30, Unit.DAYS, "Law 25: 30 days", "limited")
_KOREA = Deadline(10, Unit.DAYS, "PIPA: 10 days", "with notice")


LAWS = (
    Regulation("gdpr", "General Data Protection Regulation (EU and UK)", deadlines=_same(_GDPR)),
    Regulation(
        "ccpa",
        "California Consumer Privacy Act",
        misspellings=("ccca",),
        deadlines=_with_opt_out(_CALIFORNIA, _CALIFORNIA_OPT_OUT),
    ),
    Regulation(
        "cpra_ca_usa",
        "California Privacy Rights Act",
        aliases=("cpra_usa",),
        misspellings=("cpra",),
        deadlines=_with_opt_out(_CALIFORNIA, _CALIFORNIA_OPT_OUT),
    ),
    Regulation("cpa_co_usa", "Colorado Privacy Act", aliases=("cpa_usa",), deadlines=_same(_STATE)),
    Regulation("ctdpa_ct_usa", "Connecticut Data Privacy Act", aliases=("ctdpa_usa",), deadlines=_same(_STATE)),
    Regulation(
        "dpdpa_de_usa",
        "Delaware Personal Data Privacy Act",
        aliases=("dpdpa_usa",),
        misspellings=("dpdpa",),
        deadlines=_same(_STATE),
    ),
    Regulation("fdbr_fl_usa", "Florida Digital Bill of Rights", aliases=("fdbr_usa",), deadlines=_same(_FLORIDA)),
    Regulation(
        "hipaa_usa",
        "Health Insurance Portability and Accountability Act (US)",
        misspellings=(
            "hipaa_aus",
            "hipaa",
        ),
        deadlines=_only_access(_HIPAA),
    ),
    Regulation(
        "icdpa_ia_usa",
        "Iowa Consumer Data Protection Act",
        aliases=("icdpa_usa",),
        misspellings=("icdpalia_usa",),
        deadlines=_same(_IOWA),
    ),
    Regulation("icdpa_in_usa", "Indiana Consumer Data Protection Act", deadlines=_same(_STATE)),
    Regulation("kcdpa_ky_usa", "Kentucky Consumer Data Protection Act", deadlines=_same(_STATE)),
    Regulation("lgpd_bra", "Lei Geral de Proteção de Dados (Brazil)", misspellings=("lgpd",), deadlines=_no_opt_out(_BRAZIL)),
    Regulation("mcdpa_mn_usa", "Minnesota Consumer Data Privacy Act", deadlines=_same(_STATE)),
    Regulation("mcdpa_mt_usa", "Montana Consumer Data Privacy Act", aliases=("mcdpa_usa",), deadlines=_same(_STATE)),
    Regulation("mhmda_wa_usa", "Washington My Health My Data Act", aliases=("mhmda_usa",), deadlines=_same(_STATE)),
    Regulation("modpa_md_usa", "Maryland Online Data Privacy Act", deadlines=_same(_STATE)),
    Regulation("ndpa_ne_usa", "Nebraska Data Privacy Act", aliases=("ndpa_usa",), deadlines=_same(_STATE)),
    Regulation("nhpa_nh_usa", "New Hampshire Privacy Act", aliases=("nhpa_usa",), deadlines=_same(_STATE)),
    Regulation("njdpa_nj_usa", "New Jersey Data Privacy Act", aliases=("njdpa_usa",), deadlines=_same(_STATE)),
    Regulation("nzpa_nzl", "Privacy Act (New Zealand)", deadlines=_no_opt_out(_NEW_ZEALAND)),
    Regulation("apa_aus", "Privacy Act (Australia)", deadlines=_no_opt_out(_AUSTRALIA)),
    Regulation("ocpa_or_usa", "Oregon Consumer Privacy Act", aliases=("ocpa_usa",), deadlines=_same(_STATE)),
    Regulation("pdpa_tha", "Personal Data Protection Act (Thailand)", deadlines=_no_opt_out(_THAILAND)),
    Regulation("pipa_kor", "Personal Information Protection Act (South Korea)", deadlines=_no_opt_out(_KOREA)),
    # The number of days is set by rules and by each fiduciary.
    Regulation("dpdpa_ind", "Digital Personal Data Protection Act (India)"),
    Regulation("ql25_qc_can", "Law 25 (Quebec)", aliases=("ql25_can",), misspellings=("ql25",), deadlines=_no_opt_out(_QUEBEC)),
    Regulation("ridtppa_ri_usa", "Rhode Island Data Transparency and Privacy Protection Act", deadlines=_same(_STATE)),
    Regulation("tdpsa_tx_usa", "Texas Data Privacy and Security Act", aliases=("tdpsa_usa",), deadlines=_same(_STATE)),
    Regulation("tipa_tn_usa", "Tennessee Information Protection Act", deadlines=_same(_STATE)),
    Regulation("ucpa_ut_usa", "Utah Consumer Privacy Act", aliases=("ucpa_usa",), deadlines=_same(_STATE)),
    Regulation("vcdpa_va_usa", "Virginia Consumer Data Protection Act", aliases=("vcdpa_usa",), deadlines=_same(_STATE)),
)
