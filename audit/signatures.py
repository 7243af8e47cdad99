"""The words by which special values travel between Pulumi's engine, programs and providers.

https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/types.html and `sdk/go/common/resource`.
"""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key of an object that stands for a special value; under it stands one of the next three, or an asset's."""
SECRET_VALUE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # Pulumi's published mark for a secret, not a secret
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWNS = frozenset(
    (
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # text, and anything in a preview's JSON
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # truth value
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
    )
)
"""The texts that stand for a value which is not known yet."""
