//! Recording into a cassette: what is handed to it, and how it becomes text.

use super::error::{CassetteError, StoreError};
use super::seal::SealReport;
use super::take::{EntryHead, TakeHead, TakeId, UpstreamToken};
use super::{Access, Cassette, failpoint, format};
use crate::fingerprint::Fingerprint;
use crate::model::{Page, RoleProfile, Secret};
use crate::redact::Scrubbed;

impl<P> Cassette<P> {
    /// Stores the first pages of a new take, with upstream's token for the page after them. When this returns it
    /// survives a killed process.
    ///
    /// # Errors
    /// Where it is not stored. The cassette can still be read.
    pub fn begin(
        &self,
        entry: &EntryHead,
        take: &TakeHead,
        pages: Vec<Scrubbed<Page>>,
        token: Option<&UpstreamToken>,
    ) -> Result<TakeId, CassetteError> {
        let ids = self.begin_all(entry, vec![(take, pages)])?;
        if let (Some(token), Some(store)) = (token, self.storage.store()) {
            store.keep_token(token);
        }
        Ok(ids.into_iter().next().ok_or(StoreError::NoPages)?)
    }

    /// Stores the first pages of new takes of one request: of all of them or, where it fails or the process is killed, of
    /// none.
    ///
    /// # Errors
    /// Where they are not stored. The cassette can still be read.
    pub fn begin_all(
        &self,
        entry: &EntryHead,
        takes: Vec<(&TakeHead, Vec<Scrubbed<Page>>)>,
    ) -> Result<Vec<TakeId>, CassetteError> {
        let Access::Record { replace } = self.access else { return Err(StoreError::NotRecording.into()) };
        let store = self.storage.store_to_write()?;
        let plain = |pages: Vec<Scrubbed<Page>>| pages.into_iter().map(Scrubbed::into_inner).collect();
        let takes: Vec<_> = takes.into_iter().map(|(take, pages)| (take, plain(pages))).collect();
        Ok(store.begin(entry, takes, replace)?)
    }

    /// Stores the next page of a take; `last` where the chain ends with it. When this returns it survives a killed
    /// process.
    ///
    /// # Errors
    /// Where it is not stored: among others, when the take was sealed meanwhile (the recording was stopped).
    pub fn append(
        &self,
        take: TakeId,
        page: Scrubbed<Page>,
        last: bool,
        token: Option<&UpstreamToken>,
    ) -> Result<(), CassetteError> {
        let store = self.storage.store_to_write()?;
        if let Some(token) = token {
            store.keep_token(token);
        }
        Ok(store.append(take, page.into_inner(), last)?)
    }

    /// Keeps one more token beside the takes, for [`Self::upstream_token`] to find.
    ///
    /// # Errors
    /// Where it is not stored.
    pub fn keep_token(&self, token: &UpstreamToken) -> Result<(), CassetteError> {
        let store = self.storage.store().ok_or(StoreError::NotRecording)?;
        store.is_in_place()?;
        store.keep_token(token);
        Ok(())
    }

    /// Upstream's token in place of which the one with the bytes `key` was handed out, if it was in the last day.
    #[must_use]
    pub fn upstream_token(&self, key: &[u8]) -> Option<Secret> {
        self.storage.store()?.token(key)
    }

    /// Has a fingerprint whose chain has ended written as text, soon, on a thread of its own. Waits for the fingerprint's
    /// other chains, and does nothing in mode `all`.
    pub fn seal_soon(&self, folder: &str, fp: &Fingerprint) {
        if let Some(sealer) = &self.sealer {
            sealer.order(folder, *fp);
        }
    }

    /// Throws away the takes of the session called `name`, or of callers that name none, that are not text yet.
    ///
    /// # Errors
    /// Where the cassette is not open for recording, or the journal cannot be read or written. All takes are there then.
    pub fn discard_session(&self, name: Option<&str>) -> Result<(), CassetteError> {
        // A cassette that nothing was recorded into yet is not there, and is not made for this.
        let Some(store) = self.storage.store() else { return Ok(()) };
        let _alone = self.storage.sealing.lock();
        let mut ids = Vec::new();
        for (_, fingerprint) in store.pending().names() {
            let sequences = store.pending().sequences(&fingerprint);
            let takes = store.pending_takes(&fingerprint)?.map(|pending| pending.takes).unwrap_or_default();
            let own = sequences.into_iter().zip(takes).filter(|(_, recorded)| recorded.take.session.as_deref() == name);
            ids.extend(own.map(|(sequence, _)| TakeId { fingerprint, sequence }));
        }
        if !ids.is_empty() {
            store.discard(&ids)?;
        }
        Ok(())
    }

    /// Keeps the region that a command ran in whose requests were recorded. In mode `all` it comes before those that earlier
    /// recordings ran in: what stands for the command now was recorded there.
    ///
    /// # Errors
    /// Where the cassette is not open for recording, or `cassette.json` cannot be read or written.
    pub fn keep_region(&self, region: &str) -> Result<(), CassetteError> {
        let (Access::Record { replace }, Some(guard)) = (self.access, self.storage.guard()) else {
            return Err(StoreError::NotRecording.into());
        };
        guard.restore(self.storage.redaction.spec())?;
        format::name_regions(self.root(), &[region.to_owned()], replace)?;
        guard.note_files();
        Ok(())
    }

    /// Keeps the profiles that a command asked for roles by, and the one that it asked as without naming it.
    ///
    /// # Errors
    /// As of [`Self::keep_region`].
    pub fn keep_profiles(&self, profiles: Vec<RoleProfile>, asked_as: Option<String>) -> Result<(), CassetteError> {
        let guard = self.storage.guard().ok_or(StoreError::NotRecording)?;
        guard.restore(self.storage.redaction.spec())?;
        format::name_profiles(self.root(), profiles, asked_as)?;
        guard.note_files();
        Ok(())
    }

    /// Writes everything pending as text: the end of a recording. In mode `all` earlier takes give way now.
    ///
    /// # Errors
    /// Where the cassette is not open for recording. What cannot be written is in the report and stays in the store.
    pub fn seal(&self) -> Result<SealReport, CassetteError> {
        self.seal_telling(&mut |_| ())
    }

    /// As [`Self::seal`]; `step` is called before each request is sealed, with the number of all.
    ///
    /// # Errors
    /// As there.
    pub fn seal_telling(&self, step: &mut dyn FnMut(usize)) -> Result<SealReport, CassetteError> {
        if self.access == Access::Replay {
            return Err(StoreError::NotRecording.into());
        }
        if self.access == (Access::Record { replace: true }) {
            failpoint::point("end-of-all");
        }
        Ok(self.storage.seal_all(step))
    }
}
