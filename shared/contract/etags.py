"""If-Match: which version of a document a caller has read."""

import re

from shared.errors import InvalidInput, PreconditionFailed, PreconditionRequired

_STRONG = re.compile(r'"[\x21\x23-\x7e]{1,100}"')
_WEAK = re.compile(r'W/"[\x21\x23-\x7e]*"')


def etag_of(if_match: str | None) -> str:
    """The one strong ETag of the header (RFC 9110, section 13.1.1).

    Raises PreconditionRequired without the header or for `*`, which names no version; PreconditionFailed for
    a weak ETag, which matches nothing; InvalidInput for anything else.
    """
    text = (if_match or "").strip()
    if not text:
        raise PreconditionRequired("If-Match: send the ETag of what you read, so that no change is lost")
    if text == "*":
        raise PreconditionRequired("If-Match: '*' names no version; send the ETag of what you read")
    if _WEAK.fullmatch(text):
        raise PreconditionFailed(
            "If-Match: a weak ETag (W/…) never matches; a proxy on the way made it weak, so ask for an "
            "answer without compression and send its ETag"
        )
    if _STRONG.fullmatch(text):
        return text
    raise InvalidInput("If-Match: send one ETag as it came, in its double quotes")
