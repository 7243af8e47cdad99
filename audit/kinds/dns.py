"""Public DNS zones, their records and their signing. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent

DNS_ZONE = Kind(
    arm="Microsoft.Network/dnszones",
    api="2023-07-01-preview",
    pulumi=("azure-native:dns:Zone",),
)
# ARM has a type for each kind of record (`Microsoft.Network/dnszones/MX`) and one listing for all of them, which names
# this row; `type` keeps ARM's word, or Pulumi's `MX` alone, and `name` is relative to the zone (`@` for its apex).
RECORD_SET = Kind(
    arm="Microsoft.Network/dnszones/recordsets",
    api="2023-07-01-preview",
    pulumi=("azure-native:dns:RecordSet",),
    renamed={
        "type": "recordType",
        "name": "relativeRecordSetName",
        "TTL": "ttl",
        "ARecords": "aRecords",
        "AAAARecords": "aaaaRecords",
        "CNAMERecord": "cnameRecord",
        "DSRecords": "dsRecords",
        "MXRecords": "mxRecords",
        "NAPTRRecords": "naptrRecords",
        "NSRecords": "nsRecords",
        "PTRRecords": "ptrRecords",
        "SOARecord": "soaRecord",
        "SRVRecords": "srvRecords",
        "TLSARecords": "tlsaRecords",
        "TXTRecords": "txtRecords",
    },
    parent=Parent(DNS_ZONE.arm, by="zoneName"),
)
DNSSEC_CONFIG = Kind(
    arm="Microsoft.Network/dnszones/dnssecConfigs",
    api="2023-07-01-preview",
    pulumi=("azure-native:dns:DnssecConfig",),
    parent=Parent(DNS_ZONE.arm, by="zoneName"),
)
