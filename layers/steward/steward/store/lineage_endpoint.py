"""The HTTP endpoint that takes OpenLineage events."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import urllib3

from steward.errors import EndpointRefuses

_TIMEOUT = urllib3.Timeout(connect=3, read=10)
_ACCEPTED = range(200, 300)
_SHOWN = 300


class LineageEndpoint:
    """Sends events: over TLS to the host that was named and to no other, whatever it answers.

    Args:
        url: `https://HOST/PATH`, such as Marquez's `/api/v1/lineage`; `http` only to this machine itself.
        api_key: sent as a bearer token; empty for none.

    Raises:
        EndpointRefuses: the URL is none of these.
    """

    def __init__(self, url: str, api_key: str = "") -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
        if not secure or not parts.hostname or parts.username is not None:
            raise EndpointRefuses(
                "the OpenLineage endpoint has to be https://HOST/PATH, without a user: change the parameter "
                "OpenLineageUrl"
            )
        self._url = url
        self._host = parts.hostname
        self._headers = {"Content-Type": "application/json", "User-Agent": "steward"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._http = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)

    def send(self, body: bytes) -> None:
        """Send one event. Nothing is tried again here, and no redirect is followed.

        Raises:
            EndpointRefuses: it was not taken; the message names the host, and what it answered.
        """
        try:
            answer = self._http.request(
                "POST", self._url, body=body, headers=self._headers, redirect=False, preload_content=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise EndpointRefuses(f"{self._host} cannot be reached: {type(error).__name__}") from error
        try:
            if answer.status not in _ACCEPTED:
                said = answer.read(_SHOWN).decode(errors="replace")
                raise EndpointRefuses(f"{self._host} answers {answer.status}, and no redirect is followed: {said!r}")
        finally:
            answer.release_conn()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
