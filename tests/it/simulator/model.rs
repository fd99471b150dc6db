//! The simulated endpoint against the operation table: all routed, and only modelled errors.

use ramtape::service::{Operation, Service};
use serde_json::{Map, Value, json};

use super::client::{Answer, Client, exchange};
use super::started;

const OWN: &str = "arn:aws:ram:us-east-1:111122223333";

fn service() -> Service {
    Service::with_additions(&toml::Table::new()).unwrap()
}

#[tokio::test]
async fn every_operation_is_routed() {
    let (simulator, _, _) = started(ramtape::simulator::SimulatorSettings::default()).await;
    let mut operations = 0;
    for operation in service().operations() {
        operations += 1;
        let request = format!(
            "{} {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            operation.method, operation.path
        );
        let answer = Answer::parse(&exchange(simulator.addr, request.as_bytes()).await.unwrap());
        assert_eq!(answer.error(), "MissingAuthenticationTokenException");
        assert_eq!(simulator.requests_of(&operation.name), 1, "{}", operation.name);
    }
    assert_eq!(operations, 36);
}

/// Values that nobody has, values that are no values, nothing at all: whatever is refused, is refused with an error
/// that the operation models, and with its status.
#[tokio::test]
async fn errors_are_modelled() {
    let (_simulator, owner, _) = started(ramtape::simulator::SimulatorSettings::default()).await;
    let service = service();
    let mut refused = Vec::new();
    for operation in service.operations() {
        for text in ["x", "", "arn:x", "111122223333", &format!("{OWN}:other/x")] {
            check(&service, &owner, operation, parameters(operation, |_| text.to_owned()), &mut refused).await;
        }
        let unknown = |name: &str| {
            let kind = match name {
                _ if name.starts_with("resourceShareInvitation") => "resource-share-invitation",
                _ if name.starts_with("resourceShare") => "resource-share",
                _ if name.to_lowercase().contains("permissionarn") => "permission",
                "resourceOwner" => return "SELF".to_owned(),
                "associationType" => return "PRINCIPAL".to_owned(),
                "policyTemplate" => return r#"{"Effect":"Allow","Action":[]}"#.to_owned(),
                _ => "subnet",
            };
            format!("{OWN}:{kind}/unknown")
        };
        let mut whole = parameters(operation, unknown);
        check(&service, &owner, operation, whole.clone(), &mut refused).await;
        whole.retain(|name, _| !["resourceArn", "principal", "nextToken", "status"].contains(&name.as_str()));
        check(&service, &owner, operation, whole.clone(), &mut refused).await;
        whole.insert("maxResults".to_owned(), json!(0));
        check(&service, &owner, operation, whole.clone(), &mut refused).await;
        for name in whole.clone().keys() {
            let mut without = whole.clone();
            without.remove(name);
            check(&service, &owner, operation, without, &mut refused).await;
        }
        check(&service, &owner, operation, Map::new(), &mut refused).await;
    }
    let strange: Vec<&Refusal> = refused.iter().filter(|refusal| !refusal.modelled).collect();
    assert!(strange.is_empty(), "{strange:#?}");
    assert!(refused.len() > 200, "{}", refused.len());
}

#[derive(Debug)]
#[expect(dead_code, reason = "shown where the test fails")]
struct Refusal {
    request: String,
    error: String,
    message: String,
    modelled: bool,
}

/// Every member of the operation, with texts as given.
fn parameters(operation: &Operation, text: impl Fn(&str) -> String) -> Map<String, Value> {
    let value = |name: &str| match name {
        "tags" => json!([{"key": text(name), "value": text(name)}]),
        "tagFilters" => json!([{"tagKey": text(name)}]),
        "permissionTemplateParameters" => json!([{"name": text(name), "values": [text(name)]}]),
        "resourceShareConfiguration" => json!({}),
        "allowExternalPrincipals" | "replace" | "defaultVersion" => json!(true),
        "maxResults" | "permissionVersion" | "fromPermissionVersion" => json!(7),
        _ if operation.unordered.iter().any(|list| list == name) || name == "resourceArns" => json!([text(name)]),
        _ => json!(text(name)),
    };
    operation.members.iter().map(|name| (name.clone(), value(name))).collect()
}

async fn check(
    service: &Service,
    client: &Client,
    operation: &Operation,
    parameters: Map<String, Value>,
    refused: &mut Vec<Refusal>,
) {
    let request = format!("{} {}", operation.name, Value::Object(parameters.clone()));
    let answer = if operation.query.is_empty() {
        client.post(&operation.path, &Value::Object(parameters).to_string()).await
    } else {
        let pairs = parameters.iter().map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{name}={}", value.replace(':', "%3A").replace('/', "%2F"))
        });
        let query: Vec<String> = pairs.collect();
        client.call(operation.method.as_str(), &format!("{}?{}", operation.path, query.join("&")), "").await
    };
    if answer.status != 200 {
        let (error, message) = (answer.error().to_owned(), answer.message());
        let modelled = operation.errors.contains(&error) && service.errors.get(&error) == Some(&answer.status);
        refused.push(Refusal { request, error, message, modelled });
    }
}
