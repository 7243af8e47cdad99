"""What the world reads in our domain: mail goes to the filter only, and nobody else may speak in our name."""

import hashlib

import pulumi
from pulumi_azure_native import dns, resources

from config import PRIMARY, Settings

ISSUER = "digicert.com"
"""The certificate authority of App Service's managed certificates, and the only one we use."""


class PublicDns(pulumi.ComponentResource):
    """The signed public zone and every record that a promise rests on.

    Mail is promised to travel through the filter alone. The security groups enforce that; this is where the world
    learns it, and where a record too many would open a second way.
    """

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
            # A zone made anew has other name servers, and mail stops until the registrar knows them.
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self._declare_mail()
        self._declare_transport()
        self._declare_issuers()
        # Signs the zone. The parent zone learns of the key from a person: a registrar's form is no resource.
        dns.DnssecConfig(
            f"{name}-dnssec",
            zone_name=self.zone.name,
            resource_group_name=self._group.name,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name_servers": self.zone.name_servers})

    def _declare_mail(self) -> None:
        """Lead mail through the filter, and let nobody else send as this domain.

        Senders try exchangers from the lowest preference upwards (RFC 5321, 5.1): the filter's own order is kept.
        """
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
            # Receivers are to refuse what comes from elsewhere, not merely to mark it.
            txt_records=[dns.TxtRecordArgs(value=[f"v=spf1 include:{self._settings.partner_spf} -all"])],
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Refused as well where the visible sender is ours and neither SPF nor DKIM speaks for it.
        reports = f"dmarc-reports@{self._settings.domain}"
        self._text("dmarc", at="_dmarc", value=f"v=DMARC1; p=reject; sp=reject; aspf=r; adkim=s; rua=mailto:{reports}")

    def _declare_transport(self) -> None:
        """Tell senders that mail to this domain travels by TLS, and where to report when it could not.

        MTA-STS (RFC 8461) and its reports (RFC 8460).
        """
        # Senders fetch the policy anew when its id changes, and the policy lists the mail exchangers.
        policy = hashlib.sha256(" ".join(self._settings.partner_mx).encode()).hexdigest()[:32]
        reports = f"tls-reports@{self._settings.domain}"
        self._text("mta-sts", at="_mta-sts", value=f"v=STSv1; id={policy};")
        self._text("tls-rpt", at="_smtp._tls", value=f"v=TLSRPTv1; rua=mailto:{reports}")

    def _declare_issuers(self) -> None:
        """Let one authority issue certificates for this domain, and none of them for every name in it.

        CAA records (RFC 8659), which every public authority must look at before it issues.
        """
        dns.RecordSet(
            f"{self._label}-caa",
            relative_record_set_name="@",
            record_type="CAA",
            zone_name=self.zone.name,
            resource_group_name=self._group.name,
            ttl=3600,
            caa_records=[
                dns.CaaRecordArgs(flags=0, tag="issue", value=ISSUER),
                # A certificate for every name at once would be worth stealing.
                dns.CaaRecordArgs(flags=0, tag="issuewild", value=";"),
                dns.CaaRecordArgs(flags=0, tag="iodef", value=f"mailto:{self._settings.breach_mailbox}"),
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _text(self, name: str, *, at: str, value: str) -> dns.RecordSet:
        """Declare one line of text at a name of its own."""
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
