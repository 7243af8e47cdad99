"""What in an answer names a person or opens a door: the properties and the forms of text that redaction looks for."""

import re
from unicodedata import normalize


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OF_PEOPLE = {
    # https://learn.microsoft.com/graph/api/resources/user, .../intune-devices-manageddevice, .../device
    "graph": _words(
        """
        displayname givenname surname userprincipalname mail mailnickname mobilephone businessphones homephones
        faxnumber othermails proxyaddresses imaddresses employeeid jobtitle officelocation streetaddress city
        postalcode aboutme birthday onpremisessamaccountname onpremisesuserprincipalname
        onpremisesdistinguishedname devicename manageddevicename userdisplayname emailaddress phonenumber imei meid
        serialnumber udid iccid wifimacaddress ethernetmacaddress notes
        """
    ),
    # https://learn.microsoft.com/azure/templates/microsoft.insights/actiongroups,
    # .../microsoft.security/securitycontacts, .../microsoft.sql/servers, .../microsoft.compute/virtualmachines;
    # https://learn.microsoft.com/rest/api/resources/resources/get-by-id#systemdata and
    # https://learn.microsoft.com/rest/api/authorization/role-assignments
    "azure": _words(
        """
        emailaddress emailaddresses emails email phonenumber phone mobilephone userprincipalname upn signinname
        principalname adminusername administratorlogin createdby lastmodifiedby updatedby firstname lastname givenname
        surname contactname jobtitle
        """
    ),
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_Owner.html
    "aws": frozenset(("displayname",)),
}
"""Cloud → properties that hold what a person is called or reached by, in lower case."""
TOKENS = frozenset(
    ("$skiptoken", "continuationtoken", "nextcontinuationtoken", "nextmarker", "nexttoken", "nextkeymarker")
)
"""Properties that lead on to a next page: their texts may spell the name that the page before ended with."""
PLACEHOLDER = re.compile(r"(?:person|object|token)-[0-9a-f]{8}(?:[0-9a-f]{8})?(?![0-9a-f])")
GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
SKIP = re.compile(r"((?:\$|%24)skip_?token(?:=|%3D))([^&#\"\s]+)", re.IGNORECASE)
AT = re.compile(r"@|%(?:25)*40|\\u0040", re.IGNORECASE)
"""How a text, a URL or a URL within one spells what parts a mail address."""
MAIL = re.compile(
    rf"([^\W_][^\s@<>\"'(),;:/\\?&=\[\]{{}}|]{{0,127}}?)({AT.pattern})((?:[^\W_](?:[\w-]{{0,62}}[^\W_])?\.)+[^\W\d_]{{2,}})",
    re.IGNORECASE,
)
ARN = re.compile(
    r"(arn:[\w-]*:(?:iam|sts)::\d*:(?:user/|(?:assumed-role|federated-user)/(?:[\w+=,.@-]+/)?))([\w+=,.@/-]+)"
)
"""Whoever acts in AWS by a name of its own: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"""
CALLER = re.compile(r"(A[A-Z0-9]{15,}:)(.+)")
"""The id of a role, and what its session is called."""
_NAMES = (
    r"(?:account|shared[_-]?access|access|primary|secondary|storage|api|private|shared|client|subscription)[_-]?key"
    r"|(?:client|app|shared|consumer)?[_-]?secret(?:[_-]?(?:value|string|access[_-]?key))?"
    r"|(?:access|refresh|id|auth|sas|security)?[_-]?token|passw(?:or)?d|passphrase|pwd|sig|sharedaccesssignature"
)
SECRETS = (
    (re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL), "redacted"),
    (
        re.compile(r"([a-z][a-z0-9+.-]{0,30}(?:://|%3A%2F%2F))[^/\s@\"']*(?::|%3A)[^/\s@\"']*@", re.IGNORECASE),
        r"\1redacted@",
    ),
    (
        re.compile(
            rf"(?:(?<![^\W\d])|(?<=%[0-9a-f]{{2}}))((?:{_NAMES})(?:\s*(?:=|%3D)\s*|:\s+|\\*[\"']\s*[:=]\s*))"
            r"(?:(\\*[\"'])(?:(?!\2).)*(?:\2|\Z)|[^;&\s\"',}\]<>\\]+)",
            re.IGNORECASE | re.DOTALL,
        ),
        r"\1\2redacted\2",
    ),
    (re.compile(r"\b(bearer\s+)[\w.~+/=-]{8,}", re.IGNORECASE), r"\1redacted"),
    (re.compile(r"(authorization\W{1,4}basic\s+)[\w+/=-]+", re.IGNORECASE), r"\1redacted"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), "redacted"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}"), "redacted"),
    (re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}=="), "redacted"),
)
"""Forms of secrets in a text, and what stands in their place: keys, passwords, signatures, tokens, certificates."""


def spellings(word: str) -> str:
    """Return a pattern of a word as a text, a URL or JSON within a text may spell it."""
    return "".join(map(_character, normalize("NFC", word)))


def _character(character: str) -> str:
    if len(character) > 1:
        return "".join(map(_character, character))
    both = {character, character.lower(), character.upper()}
    spelt = {re.escape(one) for one in both}
    spelt |= {"".join(f"%{byte:02x}" for byte in one.encode()) for one in both}
    spelt |= {rf"\\+u{ord(one):04x}" for one in both if len(one) == 1}
    spelt |= {_character(apart) for one in both if (apart := normalize("NFD", one)) != one}
    if character.isspace():
        spelt |= {r"\s", r"\+"}
    return f"(?:{'|'.join(sorted(spelt))})"


def whole(patterns: str) -> re.Pattern[str]:
    """Return what finds any of some words between two non-letters, in any case; an escape before one is no letter."""
    before = r"(?:(?<![^\W\d_])|(?<=%[0-9a-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{4}))"
    return re.compile(rf"{before}(?:{patterns})(?![^\W\d_])", re.IGNORECASE)
