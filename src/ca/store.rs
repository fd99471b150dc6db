//! Stores the certificate authority in a folder that only its owner can enter.

use super::bundle::Bundle;
use super::{CaError, CertificateAuthority, pem};
use rustix::process::geteuid;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The key and its certificate, in one file: they are replaced together or not at all.
const KEY: &str = "ca.key";
/// The certificate alone, for clients.
const CERTIFICATE: &str = "ca.pem";
/// The certificate, the user's own and the public ones, for clients that take one file for all.
const BUNDLE: &str = "bundle.pem";
/// Held while files are written.
const LOCK: &str = "lock";

/// What somebody else may not do with the folder or the key.
const OTHERS: u32 = 0o077;

/// The folder of an authority.
#[derive(Clone, Debug)]
pub struct AuthorityStore {
    folder: PathBuf,
}

impl AuthorityStore {
    /// The store in `folder`, which need not exist.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The certificate's file.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// The bundle's file.
    #[must_use]
    pub fn bundle(&self) -> PathBuf {
        self.folder.join(BUNDLE)
    }

    /// The authority, however old; `None` where nobody made one.
    ///
    /// # Errors
    /// Where it cannot be read, others could have read it, or it is not what ramtape wrote.
    pub fn read(&self) -> Result<Option<CertificateAuthority>, CaError> {
        match fs::metadata(&self.folder) {
            Ok(found) => check(&self.folder, &found)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(CaError::Read { path: self.folder.clone(), source }),
        }
        let path = self.folder.join(KEY);
        let unreadable = |source| CaError::Read { path: path.clone(), source };
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(unreadable(source)),
        };
        check(&path, &file.metadata().map_err(unreadable)?)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(unreadable)?;
        let damaged = |reason| CaError::Damaged { path: path.clone(), reason };
        let key = PrivatePkcs8KeyDer::from_pem_slice(&text).map_err(|_| damaged("it holds no key"))?;
        let certificate = CertificateDer::from_pem_slice(&text).map_err(|_| damaged("it holds no certificate"))?;
        let authority = CertificateAuthority::from_parts(certificate, &key);
        authority.map(Some).ok_or_else(|| damaged("key and certificate do not belong together"))
    }

    /// The authority, as long as it holds.
    ///
    /// # Errors
    /// As [`Self::read`]; and where there is none, or its time is over.
    pub fn open(&self) -> Result<CertificateAuthority, CaError> {
        let authority = self.read()?.ok_or_else(|| CaError::Absent { folder: self.folder.clone() })?;
        if authority.expires() <= SystemTime::now() {
            return Err(CaError::Expired { folder: self.folder.clone(), on: authority.last_day() });
        }
        Ok(authority)
    }

    /// Keeps `authority` in place of an earlier one.
    ///
    /// # Errors
    /// Where the folder is not ours alone, or cannot be written.
    pub fn keep(&self, authority: &CertificateAuthority) -> Result<(), CaError> {
        self.hold()?.keep(authority)
    }

    /// Makes the folder, if it is not there, waits for whoever is at work in it, and keeps everybody else out.
    ///
    /// # Errors
    /// Where the folder is not ours alone, or cannot be written.
    pub fn hold(&self) -> Result<LockedStore<'_>, CaError> {
        let failed = |path: &Path, source| CaError::Write { path: path.to_owned(), source };
        loop {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
            made.map_err(|source| failed(&self.folder, source))?;
            match fs::metadata(&self.folder) {
                Ok(found) => check(&self.folder, &found)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(failed(&self.folder, source)),
            }
            if let Some(lock) = self.lock()? {
                return Ok(LockedStore { store: self, _lock: lock });
            }
        }
    }

    /// Removes everything that ramtape put here, and the folder if nothing else is in it. Says whether there was anything.
    ///
    /// # Errors
    /// Where something cannot be removed.
    pub fn remove(&self) -> Result<bool, CaError> {
        // What is too loose to be used is removed too; so the folder is not checked.
        while self.folder.exists() {
            let Some(_lock) = self.lock()? else { continue };
            let mut found = false;
            for name in [KEY, CERTIFICATE, BUNDLE, LOCK] {
                let path = self.folder.join(name);
                match fs::remove_file(&path) {
                    Ok(()) => found |= name != LOCK,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(source) => return Err(CaError::Write { path, source }),
                }
            }
            // Where the user keeps something else in it, it stays.
            let _ = fs::remove_dir(&self.folder);
            return Ok(found);
        }
        Ok(false)
    }

    /// The lock, once nobody else has it; `None` where its file was removed meanwhile, and with it what it stood for.
    fn lock(&self) -> Result<Option<File>, CaError> {
        let path = self.folder.join(LOCK);
        let locked = (|| {
            let file = File::create(&path)?;
            file.lock()?;
            let (own, there) = (file.metadata()?, fs::metadata(&path)?);
            Ok(((own.dev(), own.ino()) == (there.dev(), there.ino())).then_some(file))
        })();
        match locked {
            Err(error) if io::Error::kind(&error) == io::ErrorKind::NotFound => Ok(None),
            locked => locked.map_err(|source| CaError::Write { path, source }),
        }
    }

    fn write(&self, name: &str, text: &str) -> Result<(), CaError> {
        let path = self.folder.join(name);
        let written = crate::files::write_atomically(&path, text.as_bytes(), 0o600);
        written.map_err(|source| CaError::Write { path, source })
    }
}

/// A locked store: until this is dropped, no other process changes the folder.
#[derive(Debug)]
pub struct LockedStore<'a> {
    store: &'a AuthorityStore,
    _lock: File,
}

impl LockedStore<'_> {
    /// Keeps `authority` in place of an earlier one. Each file is replaced whole, and the key is never readable by others.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn keep(&self, authority: &CertificateAuthority) -> Result<(), CaError> {
        let key = pem::text("PRIVATE KEY", authority.key_der());
        let certificate = authority.certificate_pem();
        self.store.write(KEY, &format!("{certificate}{key}"))?;
        self.store.write(CERTIFICATE, &certificate)
    }

    /// Writes the bundle for clients.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep_bundle(&self, bundle: &Bundle) -> Result<(), CaError> {
        self.store.write(BUNDLE, &bundle.text)
    }
}

/// Checks that only its owner can read it.
fn check(path: &Path, found: &Metadata) -> Result<(), CaError> {
    if found.uid() != geteuid().as_raw() {
        return Err(CaError::Foreign { path: path.to_owned() });
    }
    if found.mode() & OTHERS != 0 {
        return Err(CaError::Loose { path: path.to_owned(), mode: found.mode() & 0o777 });
    }
    Ok(())
}
