"""The one path that is served: POST /models/<model>/predictions."""

import re
from http import HTTPStatus

from steward.serving.refusals import RequestRefused
from steward.spec.spec_section import MODEL_NAME

_PATH = re.compile(rf"/models/(?P<model>{MODEL_NAME.strip('^$')})/predictions/?")


def model_of_request(method: str, path: str) -> str:
    """The model that a request is about.

    Raises:
        RequestRefused: there is no such path, or it takes no such request.
    """
    found = _PATH.fullmatch(path)
    if not found:
        raise RequestRefused(
            HTTPStatus.NOT_FOUND,
            "nothing is served under this path; send POST /models/<model>/predictions, with a declared model's name",
        )
    if method != "POST":
        raise RequestRefused(HTTPStatus.METHOD_NOT_ALLOWED, f"{method} is not served here; send rows by POST")
    return found["model"]
