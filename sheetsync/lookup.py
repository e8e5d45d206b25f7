"""Asks the network whether mail domains take mail; used only where the settings ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

TIMEOUT = 5.0  # seconds for one domain
_AT_ONCE = 16


def domains_without_mail(domains: Sequence[str], resolver: Any = None) -> dict[str, str]:
    """Those of the domains (in lower case) that certainly take no mail, each with the reason.

    Where the network doesn't answer, nothing is said. `resolver` is a dnspython Resolver, the computer's own when left out.
    """
    if not domains:
        return {}
    from email_validator import EmailUndeliverableError, caching_resolver, validate_email

    asked = resolver if resolver is not None else caching_resolver(timeout=int(TIMEOUT))

    def why(domain: str) -> str | None:
        try:
            validate_email(f"postmaster@{domain}", check_deliverability=True, dns_resolver=asked)
        except EmailUndeliverableError:
            return f"the domain {domain} takes no mail"
        except Exception:  # no answer is no verdict
            return None
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        reasons = dict(zip(domains, pool.map(why, domains), strict=True))
    return {domain: reason for domain, reason in reasons.items() if reason is not None}
