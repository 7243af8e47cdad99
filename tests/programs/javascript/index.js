// A storage account that anybody may read, declared without the SDK of its provider: by its token alone.
"use strict";

const pulumi = require("@pulumi/pulumi");

const group = new pulumi.CustomResource("azure-native:resources:ResourceGroup", "files-group", {
  resourceGroupName: "files-group",
  location: "uksouth",
});

new pulumi.CustomResource("azure-native:storage:StorageAccount", "files", {
  accountName: "filesofcustomers",
  resourceGroupName: "files-group",
  location: "uksouth",
  kind: "StorageV2",
  sku: { name: "Standard_GZRS" },
  allowBlobPublicAccess: new pulumi.Config().requireBoolean("anonymousReads"),
  allowCrossTenantReplication: false,
  allowSharedKeyAccess: false,
  enableHttpsTrafficOnly: true,
  minimumTlsVersion: "TLS1_2",
  publicNetworkAccess: "Disabled",
}, { dependsOn: [group] });
