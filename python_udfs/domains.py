"""The company behind a domain, a web address or an e-mail address, as a function for DuckDB.

dbt-duckdb loads this module as a plugin (``profiles/profiles.yml``). What a registrable domain is
says the Public Suffix List, in the edition that the pinned package brings: nothing is looked up
while a build runs.
"""

from __future__ import annotations

import functools
import re

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from publicsuffixlist import PublicSuffixList

# Providers of addresses for everybody: such a domain says nothing about a company. The largest ones
# and their country domains; add your own with the var `pql_free_mail_domains`.
FREE_MAIL_DOMAINS = frozenset(
    """
    126.com 163.com aim.com aol.com bluewin.ch btinternet.com comcast.net cox.net duck.com
    fastmail.com fastmail.fm free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net
    googlemail.com hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it
    icloud.com inbox.com laposte.net libero.it live.co.uk live.com live.fr live.nl mac.com mail.com
    mail.ru mailbox.org me.com msn.com naver.com orange.fr outlook.com outlook.de outlook.es
    outlook.fr pm.me posteo.de proton.me protonmail.ch protonmail.com qq.com rediffmail.com
    rocketmail.com sbcglobal.net sfr.fr sky.com t-online.de terra.com.br tutanota.com uol.com.br
    verizon.net wanadoo.fr web.de wp.pl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com
    yahoo.com.au yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it yandex.com yandex.ru
    ymail.com zoho.com
    """.split()  # noqa: SIM905 - a table to read, not a list of 80 lines
)
ADDRESS = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/?#]*@)?(?P<host>[^/?#:]+)")


@functools.cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def registrable_domain(address: str | None) -> str | None:
    """Return the registrable domain of a host name, a web address or an e-mail address.

    Parameters
    ----------
    address
        Such as ``mail.example.co.uk``, ``https://www.example.com/about`` or ``jo@example.com``.

    Returns
    -------
    str or None
        Such as ``example.co.uk``, in lower case and without umlauts (IDNA); None where the text
        names no domain under a public suffix (an IP address, ``localhost``, a suffix alone).

    References
    ----------
    The Public Suffix List, https://publicsuffix.org/list/.
    """
    match = ADDRESS.match((address or "").strip().lower())
    if match is None:
        return None
    host = match["host"].strip(".")
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return _public_suffixes().privatesuffix(host)


def is_free_mail(domain: str | None) -> bool:
    """Whether a registrable domain is that of a provider of addresses for everybody."""
    return domain in FREE_MAIL_DOMAINS


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a DuckDB connection the functions ``registrable_domain`` and ``is_free_mail``."""
    for function, returned in ((registrable_domain, "VARCHAR"), (is_free_mail, "BOOLEAN")):
        connection.create_function(
            function.__name__, function, ["VARCHAR"], returned, null_handling="special"
        )


class Plugin(BasePlugin):
    """What dbt-duckdb calls for every connection."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the functions."""
        register(conn)
