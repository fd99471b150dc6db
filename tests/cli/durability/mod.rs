//! What was answered is there afterwards: killed, on a full disk, without its store.

#[cfg(debug_assertions)]
mod cassette_crash;
mod cassette_removed;
mod child_process;
mod folder_removed;
mod full_disk;
mod interrupted;
mod killed;
mod killed_at_random;
mod second_process;
