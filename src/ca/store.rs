//! Where the authority is kept: a folder that only its owner can enter.

use super::bundle::Bundle;
use super::{Authority, CaError, pem};
use rustix::process::geteuid;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Read, Write};
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
pub struct Store {
    folder: PathBuf,
}

impl Store {
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
    pub fn read(&self) -> Result<Option<Authority>, CaError> {
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
        let authority = Authority::of_parts(certificate, &key);
        authority.map(Some).ok_or_else(|| damaged("key and certificate do not belong together"))
    }

    /// The authority, as long as it holds.
    ///
    /// # Errors
    /// As [`Self::read`]; and where there is none, or its time is over.
    pub fn open(&self) -> Result<Authority, CaError> {
        let authority = self.read()?.ok_or_else(|| CaError::Absent { folder: self.folder.clone() })?;
        if authority.expires() <= SystemTime::now() {
            return Err(CaError::Expired { folder: self.folder.clone(), on: authority.last_day() });
        }
        Ok(authority)
    }

    /// Keeps `authority` in place of an earlier one. Each file is replaced whole, and the key is never readable by others.
    ///
    /// # Errors
    /// Where the folder is not ours alone, or cannot be written.
    pub fn keep(&self, authority: &Authority) -> Result<(), CaError> {
        let _lock = self.lock()?;
        let key = pem::text("PRIVATE KEY", authority.key_der());
        let certificate = authority.certificate_pem();
        self.write(KEY, &format!("{certificate}{key}"))?;
        self.write(CERTIFICATE, &certificate)
    }

    /// Writes the bundle for clients.
    ///
    /// # Errors
    /// Where the folder is not ours alone, or cannot be written.
    pub fn keep_bundle(&self, bundle: &Bundle) -> Result<(), CaError> {
        let _lock = self.lock()?;
        self.write(BUNDLE, &bundle.text)
    }

    /// Removes everything that ramtape put here, and the folder if nothing else is in it. Says whether there was anything.
    ///
    /// # Errors
    /// Where something cannot be removed.
    pub fn remove(&self) -> Result<bool, CaError> {
        let mut found = false;
        for name in [KEY, CERTIFICATE, BUNDLE, LOCK] {
            let path = self.folder.join(name);
            match fs::remove_file(&path) {
                Ok(()) => found = true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(CaError::Write { path, source }),
            }
        }
        // Where the user keeps something else in it, it stays.
        let _ = fs::remove_dir(&self.folder);
        Ok(found)
    }

    /// Makes the folder, if it is not there, and waits for whoever writes into it now.
    fn lock(&self) -> Result<File, CaError> {
        let failed = |path: &Path, source| CaError::Write { path: path.to_owned(), source };
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|source| failed(&self.folder, source))?;
        let found = fs::metadata(&self.folder).map_err(|source| failed(&self.folder, source))?;
        check(&self.folder, &found)?;
        let path = self.folder.join(LOCK);
        let lock = File::create(&path).and_then(|file| file.lock().map(|()| file));
        lock.map_err(|source| failed(&path, source))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), CaError> {
        let path = self.folder.join(name);
        let written = (|| {
            // Made with mode 0600.
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        })();
        written.map_err(|source| CaError::Write { path, source })
    }
}

/// Whether it is ours and nobody else's.
fn check(path: &Path, found: &Metadata) -> Result<(), CaError> {
    if found.uid() != geteuid().as_raw() {
        return Err(CaError::Foreign { path: path.to_owned() });
    }
    if found.mode() & OTHERS != 0 {
        return Err(CaError::Loose { path: path.to_owned(), mode: found.mode() & 0o777 });
    }
    Ok(())
}
