"""Public DNS zones, their records and their signing. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent

# https://learn.microsoft.com/azure/dns/dns-zones-records
_RECORD_TYPES = ("A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "TLSA", "TXT")

DNS_ZONE = Kind(
    arm="Microsoft.Network/dnszones",
    api="2023-07-01-preview",
    pulumi=("azure-native:dns:Zone",),
    names="{zoneName}",
    table="resources",
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
    names="{zoneName}/{relativeRecordSetName}",
    also=tuple(f"{DNS_ZONE.arm}/{word}" for word in _RECORD_TYPES),
)
DNSSEC_CONFIG = Kind(
    arm="Microsoft.Network/dnszones/dnssecConfigs",
    api="2023-07-01-preview",
    pulumi=("azure-native:dns:DnssecConfig",),
    parent=Parent(DNS_ZONE.arm, by="zoneName"),
    names="{zoneName}/default",
)
