//! Files are read and written as through std, off the workers.

use std::collections::BTreeSet;
use std::io::{ErrorKind, SeekFrom};

use cortado_io::fs::{self, File, OpenOptions};
use cortado_io::{AsyncReadExt, AsyncSeek, AsyncWriteExt};

use crate::on_both;

async fn seek(file: &mut File, to: SeekFrom) -> u64 {
    std::future::poll_fn(|cx| std::pin::Pin::new(&mut *file).poll_seek(cx, to)).await.unwrap()
}

#[test]
fn whole_files_and_directories() {
    on_both(async || {
        let directory = tempfile::tempdir().unwrap();
        let below = directory.path().join("a/b");
        fs::create_dir_all(&below).await.unwrap();
        fs::write(below.join("one"), "text").await.unwrap();
        assert_eq!(fs::read(below.join("one")).await.unwrap(), b"text");
        fs::rename(below.join("one"), below.join("two")).await.unwrap();
        assert_eq!(fs::read_to_string(below.join("two")).await.unwrap(), "text");
        assert_eq!(fs::metadata(below.join("two")).await.unwrap().len(), 4);
        fs::remove_file(below.join("two")).await.unwrap();
        let gone = fs::metadata(below.join("two")).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound);
        fs::remove_dir_all(directory.path().join("a")).await.unwrap();
        assert!(!below.exists());
    });
}

#[test]
fn a_directory_of_many_entries_is_listed_whole() {
    on_both(async || {
        let directory = tempfile::tempdir().unwrap();
        let names: BTreeSet<_> = (0..300).map(|number| format!("entry-{number}")).collect();
        for name in &names {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let mut listed = BTreeSet::new();
        let mut entries = fs::read_dir(directory.path()).await.unwrap();
        while let Some(entry) = entries.next_entry().await.unwrap() {
            listed.insert(entry.file_name().into_string().unwrap());
        }
        assert_eq!(listed, names);
        assert!(entries.next_entry().await.unwrap().is_none());
    });
}

#[test]
fn large_writes_and_reads_keep_their_order() {
    on_both(async || {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("large");
        let bytes: Vec<u8> = (0..700_000u32).map(|at| (at % 241) as u8).collect();
        let mut file = File::create(&path).await.unwrap();
        file.write_all(&bytes[..1000]).await.unwrap();
        file.write_all(&bytes[1000..]).await.unwrap();
        file.flush().await.unwrap();
        file.sync_all().await.unwrap();
        assert_eq!(file.metadata().await.unwrap().len(), 700_000);
        let mut read = Vec::new();
        let mut file = File::open(&path).await.unwrap();
        assert_eq!(file.read_to_end(&mut read).await.unwrap(), 700_000);
        assert!(read == bytes);
    });
}

#[test]
fn reads_writes_and_seeks_agree_on_the_position() {
    on_both(async || {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mixed");
        fs::write(&path, "0123456789").await.unwrap();
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).open(&path).await.unwrap();
        let mut two = [0; 2];
        file.read_exact(&mut two).await.unwrap();
        // A read that is dropped while the pool makes it leaves its bytes for the next operation.
        let mut dropped = [0; 4];
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = std::pin::pin!(file.read(&mut dropped)).poll(&mut cx);
        assert_eq!(
            seek(&mut file, SeekFrom::Current(0)).await,
            if dropped == [0; 4] { 2 } else { 6 }
        );
        seek(&mut file, SeekFrom::Start(4)).await;
        file.write_all(b"xy").await.unwrap();
        file.read_exact(&mut two).await.unwrap();
        assert_eq!(&two, b"67");
        assert_eq!(seek(&mut file, SeekFrom::End(-1)).await, 9);
        file.set_len(3).await.unwrap();
        drop(file);
        assert_eq!(std::fs::read(&path).unwrap(), b"012");
    });
}

#[test]
fn the_error_of_a_write_is_told_by_flush() {
    on_both(async || {
        let mut options = OpenOptions::new();
        let mut full = options.write(true).open("/dev/full").await.unwrap();
        full.write_all(b"x").await.unwrap();
        assert_eq!(full.flush().await.unwrap_err().kind(), ErrorKind::StorageFull);
        full.flush().await.unwrap();
    });
}

#[test]
fn links_copies_and_permissions() {
    use std::os::unix::fs::PermissionsExt;

    on_both(async || {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("file"), "text").await.unwrap();
        assert_eq!(fs::copy(at("file"), at("copy")).await.unwrap(), 4);
        fs::hard_link(at("file"), at("hard")).await.unwrap();
        fs::symlink(at("file"), at("soft")).await.unwrap();
        assert_eq!(fs::read_link(at("soft")).await.unwrap(), at("file"));
        let real = fs::canonicalize(at("soft")).await.unwrap();
        assert_eq!(real, fs::canonicalize(at("file")).await.unwrap());
        assert!(fs::symlink_metadata(at("soft")).await.unwrap().is_symlink());
        assert!(fs::metadata(at("soft")).await.unwrap().is_file());
        fs::set_permissions(at("copy"), fs::Permissions::from_mode(0o400)).await.unwrap();
        let mode = fs::metadata(at("copy")).await.unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o400);
        assert!(fs::try_exists(at("hard")).await.unwrap());
        assert!(!fs::try_exists(at("nothing")).await.unwrap());
        fs::create_dir(at("empty")).await.unwrap();
        let again = fs::create_dir(at("empty")).await.unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        fs::remove_dir(at("empty")).await.unwrap();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(at("a/b")).await.unwrap();
        let mode = fs::metadata(at("a/b")).await.unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    });
}

#[test]
fn entries_come_as_a_stream_and_say_what_they_are() {
    use futures_core::Stream;

    on_both(async || {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("file"), "text").await.unwrap();
        let mut entries = fs::read_dir(directory.path()).await.unwrap();
        let next = std::future::poll_fn(|cx| std::pin::Pin::new(&mut entries).poll_next(cx));
        let entry = next.await.unwrap().unwrap();
        assert_eq!(
            (entry.file_name(), entry.path()),
            ("file".into(), directory.path().join("file"))
        );
        assert!(entry.file_type().await.unwrap().is_file() && entry.ino() > 0);
        assert_eq!(entry.metadata().await.unwrap().len(), 4);
        let end = std::future::poll_fn(|cx| std::pin::Pin::new(&mut entries).poll_next(cx)).await;
        assert!(end.is_none());
    });
}

#[test]
fn a_file_goes_back_to_the_standard_library_at_its_position() {
    use std::io::Read;

    on_both(async || {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let mut file = File::create_new(&path).await.unwrap();
        assert_eq!(File::create_new(&path).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
        file.write_all(b"0123456789").await.unwrap();
        file.flush().await.unwrap();
        file.sync_data().await.unwrap();
        assert_eq!(seek(&mut file, SeekFrom::Start(2)).await, 2);
        let mut two = [0; 2];
        file.read_exact(&mut two).await.unwrap();
        // A read that nobody waits for any more has gone ahead of what was taken.
        crate::drop_pending(file.read(&mut [0; 4]), 0).await;
        let clone = file.try_clone().await.unwrap();
        drop(clone);
        let mut rest = String::new();
        file.into_std().await.unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!((&two, rest.as_str()), (b"23", "456789"));
    });
}
