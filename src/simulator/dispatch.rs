//! Answers an authenticated call: parameters, idempotency, the operation, paging.

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::Members;
use super::error::AwsError;
use super::expiry::ExpiryClock;
use super::generator::Generator;
use super::idempotency::Answered;
use super::operations::{ListFn, SingleFn};
use super::paging::{ListingKey, PageChange, PageSizes, Pager};
use super::parameters::RequestParameters;
use super::routes::{OperationFn, OperationRoute, ParameterSource};
use super::settings::SimulatorSettings;
use super::world::{Caller, World};

/// An authenticated call.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) route: &'static OperationRoute,
    pub(super) region: &'a str,
    pub(super) caller: &'a Caller,
    pub(super) query: &'a str,
    pub(super) body: &'a [u8],
}

/// The state of the simulated service: data of all regions, page tokens, answered writes, clock.
#[derive(Debug)]
pub(super) struct ServiceState {
    worlds: BTreeMap<String, World>,
    pager: Pager,
    answered: Answered,
    clock: ExpiryClock,
}

impl ServiceState {
    pub(super) fn new(settings: &SimulatorSettings, seed: u64) -> Self {
        let accounts: Vec<String> = settings.credentials.iter().map(|it| it.account.clone()).collect();
        let worlds = settings.regions.iter().map(|region| {
            let world = World::new(region, seed, settings.settling_reads);
            let world = if settings.seeded { world.with_seeded_data(&accounts) } else { world };
            (region.clone(), world)
        });
        Self {
            worlds: worlds.collect(),
            pager: Pager::new(settings.page_cap, settings.token_lifetime, Generator::new(seed, "tokens")),
            answered: Answered::default(),
            clock: ExpiryClock::start(),
        }
    }

    /// The whole body of the answer.
    pub(super) fn answer(&mut self, call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
        let parameters = match call.route.place {
            ParameterSource::Body => RequestParameters::from_body(call.route.operation, call.body)?,
            ParameterSource::Query => RequestParameters::from_query(call.route.operation, call.query),
        };
        match call.route.handler {
            OperationFn::Plain(single) => Ok(self.single(call, &parameters, single)?.to_json()),
            OperationFn::Idempotent(single) => self.idempotent(call, &parameters, single),
            OperationFn::List(items, listing) => Ok(self.page(call, &parameters, items, listing)?.to_json()),
        }
    }

    pub(super) fn world(&mut self, region: &str) -> Option<&mut World> {
        self.worlds.get_mut(region)
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
    }

    pub(super) fn set_page_sizes(&mut self, sizes: PageSizes) {
        self.pager.set_sizes(sizes);
    }

    pub(super) fn on_page(&mut self, change: PageChange) {
        self.pager.on_page(change);
    }

    fn single(
        &mut self,
        call: &Call<'_>,
        parameters: &RequestParameters,
        single: SingleFn,
    ) -> Result<Members, AwsError> {
        let now = self.clock.now();
        let world = world_of(&mut self.worlds, call.region)?;
        world.now = now;
        single(world, call.caller, parameters)
    }

    fn idempotent(
        &mut self,
        call: &Call<'_>,
        parameters: &RequestParameters,
        single: SingleFn,
    ) -> Result<Vec<u8>, AwsError> {
        let Some(token) = parameters.text("clientToken")? else {
            return Ok(self.single(call, parameters, single)?.to_json());
        };
        let Call { route, region, caller, .. } = *call;
        let key = (caller.account.clone(), region.to_owned(), route.operation, token.to_owned());
        let fixed = parameters.fixed(&["clientToken"]);
        if let Some(earlier) = self.answered.earlier(&key, &fixed)? {
            return Ok(earlier);
        }
        let answer = self.single(call, parameters, single)?.with("clientToken", token).to_json();
        self.answered.remember(key, fixed, answer.clone());
        Ok(answer)
    }

    fn page(
        &mut self,
        call: &Call<'_>,
        parameters: &RequestParameters,
        items: &'static str,
        listing: ListFn,
    ) -> Result<Members, AwsError> {
        let now = self.clock.now();
        let asked = ListingKey {
            account: call.caller.account.clone(),
            region: call.region.to_owned(),
            operation: call.route.operation,
            parameters: parameters.fixed(&["nextToken", "maxResults"]),
        };
        let request = self.pager.open(asked, parameters, now)?;
        let world = world_of(&mut self.worlds, call.region)?;
        world.now = now;
        self.pager.prepare(&request, world);
        let all = listing(world, call.caller, parameters)?;
        let page = self.pager.cut(request, all, now);
        Ok(Members::new().with(items, &page.items).with_some("nextToken", page.next_token.as_ref()))
    }
}

fn world_of<'a>(worlds: &'a mut BTreeMap<String, World>, region: &str) -> Result<&'a mut World, AwsError> {
    // Signatures for other regions are refused before this.
    worlds.get_mut(region).ok_or_else(|| AwsError::modelled("ServerInternalException", "There is no such region."))
}
