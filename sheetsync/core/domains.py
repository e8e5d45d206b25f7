"""The mail domain that a mistyped one was meant to be."""

from __future__ import annotations

from collections.abc import Collection

from rapidfuzz.distance import OSA

# The providers that many customers have: the word before the first dot, and the usual rest.
_PROVIDERS = {
    "gmail": "com", "googlemail": "com", "yahoo": "com", "hotmail": "com", "outlook": "com", "icloud": "com", "protonmail": "com",
    "btinternet": "com", "comcast": "net", "verizon": "net", "t-online": "de", "wanadoo": "fr", "laposte": "net",
}
# Real domains that are a slip or two away from one of those.
_REAL = frozenset({
    "mail", "email", "ymail", "zmail", "fmail", "tmail", "vmail", "hmail", "cmail", "emails", "cloud", "proton", "protomail", "gail",
    "grail", "gmails", "outlooks", "lookout", "online", "tonline", "internet", "compost", "hotmailer",
})
# No top-level domain is called that.
_NO_ENDINGS = {"con": "com", "cim": "com", "cpm": "com", "vom": "com", "xom": "com", "comm": "com", "cmo": "com", "ocm": "com",
               "clm": "com", "coml": "com", "nte": "net", "met": "net"}
_SHORT_ENDINGS = {"co": "com", "cm": "com", "om": "com", "ne": "net"}  # those of countries: wrong behind a great provider's name


def near_domain(domain: str, trusted: Collection[str] = ()) -> str | None:
    """What this domain (in lower case) was meant to be, or None. `trusted` domains are right as they are."""
    label, _, rest = domain.partition(".")
    if domain in trusted or not rest:
        return None
    head, _, ending = domain.rpartition(".")
    if label in _PROVIDERS:
        meant = _NO_ENDINGS.get(rest) or _SHORT_ENDINGS.get(rest)
        if meant == _PROVIDERS[label]:
            return f"{label}.{meant}"
    elif label not in _REAL:
        for provider, usual in _PROVIDERS.items():
            if usual == _NO_ENDINGS.get(rest, rest) and _near(label, provider):
                return f"{provider}.{usual}"
    return f"{head}.{_NO_ENDINGS[ending]}" if ending in _NO_ENDINGS else None


def _near(label: str, provider: str) -> bool:
    """One slip, or two in a long word that begins alike; a swap of two letters is one slip."""
    allowed = 2 if len(provider) >= 7 and label[0] == provider[0] else 1
    return OSA.distance(label, provider, score_cutoff=allowed) <= allowed
