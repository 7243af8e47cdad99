"""What a command finds in its environment: where the local clouds are, who it is, and whom it may trust."""

from collections.abc import Mapping

from audit.sandbox import certificates, engine
from audit.sandbox.process import Running

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
_LOOPBACK = dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1")
_OTHER_SIGN_INS = (
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_USERNAME",
    "AZURE_PASSWORD",
    # https://www.pulumi.com/registry/packages/azure-native/installation-configuration/
    "ARM_CLIENT_CERTIFICATE_PATH",
    "ARM_CLIENT_CERTIFICATE_PASSWORD",
    "ARM_USE_MSI",
    "ARM_USE_OIDC",
    "ARM_OIDC_TOKEN",
    "ARM_OIDC_TOKEN_FILE_PATH",
    "ARM_OIDC_REQUEST_TOKEN",
    "ARM_OIDC_REQUEST_URL",
    "ARM_ENVIRONMENT",
)
"""What would let a client sign in as somebody else, or elsewhere."""
_OTHER_CLOUDS = ("AZURE_AUTHORITY_HOST", "ARM_METADATA_HOSTNAME", "ARM_METADATA_HOST", "PULUMI_CONFIG_PASSPHRASE_FILE")
_OTHER_AWS = (
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_REGION",
)
"""What would do so in AWS, with `AWS_ENDPOINT_URL_S3` and its like, which outweigh `AWS_ENDPOINT_URL`.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""


def environment(found: Running, given: Mapping[str, str], *, public_cloud: bool = False) -> dict[str, str]:
    """Return the environment of a command: `given`, with all by which clients and Pulumi find the local clouds.

    With `public_cloud` the command stays a client of the public cloud, and a proxy leads it here.
    """
    bundle = str(certificates.bundle(found.folder, given).resolve())  # a command may change its folder
    dropped: tuple[str, ...] = (*_PROXIES, *_OTHER_SIGN_INS, *_OTHER_CLOUDS)
    if found.aws:
        dropped += (*_OTHER_AWS, *(name for name in given if name.startswith("AWS_ENDPOINT_URL_")))
    return {
        **{name: value for name, value in given.items() if name not in dropped},
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "AZURE_CLIENT_ID": found.client,
        "AZURE_CLIENT_SECRET": found.secret,
        "AZURE_TENANT_ID": found.tenant,
        "AZURE_SUBSCRIPTION_ID": found.subscription,
        "ARM_CLIENT_ID": found.client,
        "ARM_CLIENT_SECRET": found.secret,
        "ARM_TENANT_ID": found.tenant,
        "ARM_SUBSCRIPTION_ID": found.subscription,
        # azure-cli keeps tokens, with which a wrong secret would still get in, and knows which cloud it used last.
        "AZURE_CONFIG_DIR": str(found.folder.resolve() / "azure-cli"),
        # azure-cli looks the login host up, and reports its use, unless told otherwise.
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "0",
        **(_public(found) if public_cloud else _custom(found)),
        **engine.variables(found.folder),
        **(aws_variables(f"http://127.0.0.1:{found.aws}") if found.aws else {}),
    }


def _custom(found: Running) -> dict[str, str]:
    """Return what points a client at a cloud of its own; loopback is reached without any proxy."""
    return {
        "AZURE_AUTHORITY_HOST": found.url,
        "ARM_METADATA_HOSTNAME": f"localhost:{found.port}",
        "ARM_METADATA_HOST": f"localhost:{found.port}",
        "ARM_ENDPOINT": found.url,
        "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
        **_LOOPBACK,
    }


def _public(found: Running) -> dict[str, str]:
    """Return the proxy that leads the public cloud's hosts here and refuses all others."""
    place = f"http://127.0.0.1:{found.proxy}"
    return {**dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), place), **_LOOPBACK}


def aws_variables(endpoint: str) -> dict[str, str]:
    """Return the variables by which an AWS client finds the local AWS; its keys are made up and open nothing."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "eu-west-2",
    }
