//! Options end at the first word of the command; completions and manual pages are the command's
//! own work; a reader that goes away is no error.

use std::process::{Command, Stdio};

use super::session::Session;

#[test]
fn options_end_at_the_first_word_of_the_command() {
    let session = Session::new();
    assert_eq!(session.cortado_run("--dry-run ls -j --help ::: a").text(), "ls -j --help a\n");
    assert_eq!(
        session.cortado_run("--dry-run git checkout -- ::: a").text(),
        "git checkout -- a\n"
    );
    assert_eq!(session.cortado_run("--dry-run -j2 -- ls -- {} ::: -x").text(), "ls -- -x\n");
    assert_eq!(session.cortado_run("--dry-run ::: ls").text(), "ls\n");
    assert_eq!(session.cortado_run("-j -1 --dry-run ls ::: a").text(), "ls a\n");
    assert_eq!(session.cortado_run("-P+1 --halt -1 --dry-run ls ::: a").text(), "ls a\n");
}

#[test]
fn help_and_version_succeed_and_say_what_matters() {
    let session = Session::new();
    let help = session.cortado(&["run", "--help"]);
    for part in ["--keep-order", "{/.}", "Exit status", "--halt", ":::+", "default: 512"] {
        assert!(help.text().contains(part), "{part} is missing in:\n{}", help.text());
    }
    assert!(session.cortado(&["--version"]).text().starts_with("cortado "));
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let session = Session::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let completions = session.cortado(&["completions", shell]);
        assert!(completions.text().contains("keep-order"), "{shell}");
    }
    let manual = session.cortado(&["man"]);
    for part in [".TH cortado 1", ".TH cortado-run 1", "keep\\-order", "Exit status"] {
        assert!(manual.text().contains(part), "{part} is missing in the manual");
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    for args in [&["man"][..], &["completions", "zsh"], &["run", "--dry-run", "ls", ":::", "a"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cortado"))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }
}
