//! Tests that share one guard in a static: `cargo test` runs them in one process, each on a thread and a runtime of its own.

use super::list;
use aws_sdk_ram::Client;
use ramtape::Ramtape;
use tokio::sync::OnceCell;

async fn tape() -> &'static Ramtape {
    static TAPE: OnceCell<Ramtape> = OnceCell::const_new();
    let start = async || Ramtape::replay("cassettes/quickstart").start().await.unwrap();
    TAPE.get_or_init(start).await
}

async fn lists_shares(name: &str) {
    let test = tape().await.session(name);
    assert_eq!(list(&test.sdk_config()).await.len(), 10);
    test.end().unwrap();
}

#[tokio::test]
async fn one_lists_shares() {
    lists_shares("one").await;
}

#[tokio::test]
async fn another_lists_shares() {
    lists_shares("another").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_lists_shares() {
    lists_shares("a third").await;
}

#[tokio::test]
async fn one_lists_resource_types() {
    let test = tape().await.session("types");
    let types = Client::new(&test.sdk_config()).list_resource_types().into_paginator().page_size(5).send();
    let pages: Result<Vec<_>, _> = types.collect().await;
    assert_eq!(pages.unwrap().len(), 3);
    test.end().unwrap();
}
