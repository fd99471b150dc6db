//! The resource types that can be shared here: a selection of RAM's, of both scopes.

/// A type of resource.
#[derive(Debug)]
pub(in crate::simulator) struct ResourceType {
    /// As in `ec2:Subnet`.
    pub(in crate::simulator) name: &'static str,
    /// As RAM names the service.
    pub(in crate::simulator) service: &'static str,
    pub(in crate::simulator) scope: &'static str,
    /// How the last part of its ARNs starts.
    pub(in crate::simulator) arn_prefix: &'static str,
    /// The name of AWS's default permission for it.
    pub(in crate::simulator) permission: &'static str,
}

const fn define(
    name: &'static str,
    service: &'static str,
    scope: &'static str,
    arn_prefix: &'static str,
    permission: &'static str,
) -> ResourceType {
    ResourceType { name, service, scope, arn_prefix, permission }
}

/// Ordered by name, as RAM lists them.
#[rustfmt::skip]
pub(in crate::simulator) const RESOURCE_TYPES: [ResourceType; 13] = [
    define("acm-pca:CertificateAuthority", "acm-pca", "REGIONAL", "certificate-authority/", "AWSRAMDefaultPermissionCertificateAuthority"),
    define("appmesh:Mesh", "appmesh", "REGIONAL", "mesh/", "AWSRAMDefaultPermissionAppMesh"),
    define("codebuild:Project", "codebuild", "REGIONAL", "project/", "AWSRAMDefaultPermissionCodeBuildProject"),
    define("ec2:PrefixList", "ec2", "REGIONAL", "prefix-list/", "AWSRAMDefaultPermissionPrefixList"),
    define("ec2:Subnet", "ec2", "REGIONAL", "subnet/", "AWSRAMDefaultPermissionSubnet"),
    define("ec2:TransitGateway", "ec2", "REGIONAL", "transit-gateway/", "AWSRAMDefaultPermissionTransitGateway"),
    define("glue:Catalog", "glue", "REGIONAL", "catalog", "AWSRAMDefaultPermissionGlueCatalog"),
    define("glue:Database", "glue", "REGIONAL", "database/", "AWSRAMDefaultPermissionGlueDatabase"),
    define("license-manager:LicenseConfiguration", "license-manager", "REGIONAL", "license-configuration", "AWSRAMDefaultPermissionLicenseConfiguration"),
    define("networkmanager:core-network", "networkmanager", "GLOBAL", "core-network/", "AWSRAMDefaultPermissionNetworkManagerCoreNetwork"),
    define("rds:Cluster", "rds", "REGIONAL", "cluster:", "AWSRAMDefaultPermissionRDSCluster"),
    define("resource-groups:Group", "resource-groups", "REGIONAL", "group/", "AWSRAMDefaultPermissionResourceGroup"),
    define("route53resolver:ResolverRule", "route53resolver", "REGIONAL", "resolver-rule/", "AWSRAMDefaultPermissionResolverRule"),
];

/// The type of a resource by its ARN.
pub(in crate::simulator) fn of_arn(arn: &str) -> Option<&'static ResourceType> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next()?;
    let resource = parts.nth(2)?;
    RESOURCE_TYPES.iter().find(|it| it.service == service && resource.starts_with(it.arn_prefix))
}

/// The type of this name; RAM takes no notice of case.
pub(in crate::simulator) fn named(name: &str) -> Option<&'static ResourceType> {
    RESOURCE_TYPES.iter().find(|it| it.name.eq_ignore_ascii_case(name))
}
