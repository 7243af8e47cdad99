"""Virtual networks, security groups, addresses and private endpoints. API versions as azure-native 3.29 has them."""

from audit.model import Kind, Parent

VIRTUAL_NETWORK = Kind(
    arm="Microsoft.Network/virtualNetworks",
    api="2024-05-01",
    pulumi=("azure-native:network:VirtualNetwork",),
    regional=True,
    names="{virtualNetworkName}",
    wraps=("subnets[]", "subnets[].delegations[]", "virtualNetworkPeerings[]"),
    table="resources",
)
SUBNET = Kind(
    arm="Microsoft.Network/virtualNetworks/subnets",
    api="2024-05-01",
    pulumi=("azure-native:network:Subnet",),
    # Declared on its own only: inline in a network it has its ARM name already.
    renamed={"name": "subnetName"},
    parent=Parent(VIRTUAL_NETWORK.arm, by="virtualNetworkName", inline="subnets"),
    names="{virtualNetworkName}/{subnetName}",
    wraps=("delegations[]",),
)
PRIVATE_ENDPOINT = Kind(
    arm="Microsoft.Network/privateEndpoints",
    api="2024-05-01",
    pulumi=("azure-native:network:PrivateEndpoint",),
    regional=True,
    names="{privateEndpointName}",
    wraps=(
        "ipConfigurations[]",
        "manualPrivateLinkServiceConnections[]",
        "privateLinkServiceConnections[]",
        "subnet",
    ),
    table="resources",
)
PRIVATE_DNS_ZONE_GROUP = Kind(
    arm="Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
    api="2024-05-01",
    pulumi=("azure-native:network:PrivateDnsZoneGroup",),
    parent=Parent(PRIVATE_ENDPOINT.arm, by="privateEndpointName"),
    names="{privateEndpointName}/{privateDnsZoneGroupName}",
    wraps=("privateDnsZoneConfigs[]",),
)
NETWORK_SECURITY_GROUP = Kind(
    arm="Microsoft.Network/networkSecurityGroups",
    api="2024-05-01",
    pulumi=("azure-native:network:NetworkSecurityGroup",),
    regional=True,
    names="{networkSecurityGroupName}",
    wraps=("securityRules[]",),
    table="resources",
)
SECURITY_RULE = Kind(
    arm="Microsoft.Network/networkSecurityGroups/securityRules",
    api="2024-05-01",
    pulumi=("azure-native:network:SecurityRule",),
    parent=Parent(NETWORK_SECURITY_GROUP.arm, by="networkSecurityGroupName", inline="securityRules"),
    names="{networkSecurityGroupName}/{securityRuleName}",
)
APPLICATION_SECURITY_GROUP = Kind(
    arm="Microsoft.Network/applicationSecurityGroups",
    api="2024-05-01",
    pulumi=("azure-native:network:ApplicationSecurityGroup",),
    regional=True,
    names="{applicationSecurityGroupName}",
    table="resources",
)
NETWORK_INTERFACE = Kind(
    arm="Microsoft.Network/networkInterfaces",
    api="2024-05-01",
    pulumi=("azure-native:network:NetworkInterface",),
    regional=True,
    names="{networkInterfaceName}",
    wraps=("ipConfigurations[]", "ipConfigurations[].subnet", "ipConfigurations[].publicIPAddress"),
    table="resources",
)
PUBLIC_IP_ADDRESS = Kind(
    arm="Microsoft.Network/publicIPAddresses",
    api="2024-05-01",
    pulumi=("azure-native:network:PublicIPAddress",),
    regional=True,
    names="{publicIpAddressName}",
    table="resources",
)
LOAD_BALANCER = Kind(
    arm="Microsoft.Network/loadBalancers",
    api="2024-05-01",
    pulumi=("azure-native:network:LoadBalancer",),
    regional=True,
    names="{loadBalancerName}",
    wraps=(
        "backendAddressPools[]",
        "backendAddressPools[].loadBalancerBackendAddresses[]",
        "frontendIPConfigurations[]",
        "frontendIPConfigurations[].publicIPAddress",
        "frontendIPConfigurations[].subnet",
        "inboundNatPools[]",
        "inboundNatRules[]",
        "loadBalancingRules[]",
        "outboundRules[]",
        "probes[]",
    ),
    table="resources",
)
INBOUND_NAT_RULE = Kind(
    arm="Microsoft.Network/loadBalancers/inboundNatRules",
    api="2024-05-01",
    pulumi=("azure-native:network:InboundNatRule",),
    parent=Parent(LOAD_BALANCER.arm, by="loadBalancerName", inline="inboundNatRules"),
    names="{loadBalancerName}/{inboundNatRuleName}",
)
NAT_GATEWAY = Kind(
    arm="Microsoft.Network/natGateways",
    api="2024-05-01",
    pulumi=("azure-native:network:NatGateway",),
    regional=True,
    names="{natGatewayName}",
    table="resources",
)
BASTION_HOST = Kind(
    arm="Microsoft.Network/bastionHosts",
    api="2024-05-01",
    pulumi=("azure-native:network:BastionHost",),
    regional=True,
    names="{bastionHostName}",
    wraps=("ipConfigurations[]",),
    table="resources",
)
ROUTE_TABLE = Kind(
    arm="Microsoft.Network/routeTables",
    api="2024-05-01",
    pulumi=("azure-native:network:RouteTable",),
    regional=True,
    names="{routeTableName}",
    wraps=("routes[]",),
    table="resources",
)
ROUTE = Kind(
    arm="Microsoft.Network/routeTables/routes",
    api="2024-05-01",
    pulumi=("azure-native:network:Route",),
    parent=Parent(ROUTE_TABLE.arm, by="routeTableName", inline="routes"),
    names="{routeTableName}/{routeName}",
)
VIRTUAL_NETWORK_PEERING = Kind(
    arm="Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
    api="2024-05-01",
    pulumi=("azure-native:network:VirtualNetworkPeering",),
    parent=Parent(VIRTUAL_NETWORK.arm, by="virtualNetworkName", inline="virtualNetworkPeerings"),
    names="{virtualNetworkName}/{virtualNetworkPeeringName}",
)
NETWORK_WATCHER = Kind(
    arm="Microsoft.Network/networkWatchers",
    api="2024-05-01",
    pulumi=("azure-native:network:NetworkWatcher",),
    regional=True,
    names="{networkWatcherName}",
    table="resources",
)
FLOW_LOG = Kind(
    arm="Microsoft.Network/networkWatchers/flowLogs",
    api="2024-05-01",
    pulumi=("azure-native:network:FlowLog",),
    regional=True,
    parent=Parent(NETWORK_WATCHER.arm, by="networkWatcherName"),
    names="{networkWatcherName}/{flowLogName}",
    table="resources",
)
PRIVATE_ZONE = Kind(
    arm="Microsoft.Network/privateDnsZones",
    api="2024-06-01",
    pulumi=("azure-native:privatedns:PrivateZone",),
    names="{privateZoneName}",
    table="resources",
)
VIRTUAL_NETWORK_LINK = Kind(
    arm="Microsoft.Network/privateDnsZones/virtualNetworkLinks",
    api="2024-06-01",
    pulumi=("azure-native:privatedns:VirtualNetworkLink",),
    parent=Parent(PRIVATE_ZONE.arm, by="privateZoneName"),
    names="{privateZoneName}/{virtualNetworkLinkName}",
    table="resources",
)
