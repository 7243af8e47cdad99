"""What the world reads in our domain: mail goes to the filter only, and nobody else may speak in our name."""

import hashlib

import pulumi
from config import PRIMARY, Settings
from pulumi_azure_native import dns, resources

ISSUER = "digicert.com"
"""The certificate authority of App Service's managed certificates, and the only one we use."""


class PublicDns(pulumi.ComponentResource):
    """The signed public zone and every record that a promise rests on."""

    zone: dns.Zone

    def __init__(self, name: str, *, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("promise-audit:stacks:PublicDns", name, None, opts)
        self._label = name
        self._settings = settings
        self._group = resources.ResourceGroup(
            f"{name}-group",
            resource_group_name=f"{settings.prefix}-dns",
            location=PRIMARY,
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.zone = dns.Zone(
            f"{name}-zone",
            zone_name=settings.domain,
            resource_group_name=self._group.name,
            location="global",
            zone_type=dns.ZoneType.PUBLIC,
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self._declare_mail()
        self._declare_transport()
        self._declare_issuers()
        dns.DnssecConfig(
            f"{name}-dnssec",
            zone_name=self.zone.name,
            resource_group_name=self._group.name,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name_servers": self.zone.name_servers})

    def _declare_mail(self) -> None:
        """Lead mail through the filter, and let nobody else send as this domain."""
        dns.RecordSet(
            f"{self._label}-mx",
            relative_record_set_name="@",
            record_type="MX",
            zone_name=self.zone.name,
            resource_group_name=self._group.name,
            ttl=3600,
            mx_records=[
                dns.MxRecordArgs(preference=10 * place, exchange=host)
                for place, host in enumerate(self._settings.partner_mx, start=1)
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        dns.RecordSet(
            f"{self._label}-spf",
            relative_record_set_name="@",
            record_type="TXT",
            zone_name=self.zone.name,
            resource_group_name=self._group.name,
            ttl=3600,
            txt_records=[dns.TxtRecordArgs(value=[f"v=spf1 include:{self._settings.partner_spf} -all"])],
            opts=pulumi.ResourceOptions(parent=self),
        )
        reports = f"dmarc-reports@{self._settings.domain}"
        self._text("dmarc", at="_dmarc", value=f"v=DMARC1; p=reject; sp=reject; aspf=r; adkim=s; rua=mailto:{reports}")

    def _declare_transport(self) -> None:
        """Tell senders that mail to this domain travels by TLS, and where to report when it could not."""
        # Senders fetch the policy anew when its id changes, and the policy lists the mail exchangers.
        policy = hashlib.sha256(" ".join(self._settings.partner_mx).encode()).hexdigest()[:32]
        reports = f"tls-reports@{self._settings.domain}"
        self._text("mta-sts", at="_mta-sts", value=f"v=STSv1; id={policy};")
        self._text("tls-rpt", at="_smtp._tls", value=f"v=TLSRPTv1; rua=mailto:{reports}")

    def _declare_issuers(self) -> None:
        """Let one authority issue certificates for this domain, and none of them for every name in it."""
        dns.RecordSet(
            f"{self._label}-caa",
            relative_record_set_name="@",
            record_type="CAA",
            zone_name=self.zone.name,
            resource_group_name=self._group.name,
            ttl=3600,
            caa_records=[
                dns.CaaRecordArgs(flags=0, tag="issue", value=ISSUER),
                dns.CaaRecordArgs(flags=0, tag="issuewild", value=";"),
                dns.CaaRecordArgs(flags=0, tag="iodef", value=f"mailto:{self._settings.breach_mailbox}"),
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _text(self, name: str, *, at: str, value: str) -> dns.RecordSet:
        return dns.RecordSet(
            f"{self._label}-{name}",
            relative_record_set_name=at,
            record_type="TXT",
            zone_name=self.zone.name,
            resource_group_name=self._group.name,
            ttl=3600,
            txt_records=[dns.TxtRecordArgs(value=[value])],
            opts=pulumi.ResourceOptions(parent=self),
        )
