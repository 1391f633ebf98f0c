//! Whoever knows GNU parallel gets the same commands here. Each case is given to both, and what
//! they would run must be the same text.

use std::process::{Command, Stdio};

use super::session::Session;

/// Whether GNU parallel is there to compare with; if not, the reason for skipping is printed.
pub(crate) fn is_installed() -> bool {
    let version = Command::new("parallel").arg("--version").stderr(Stdio::null()).output();
    let found = version.is_ok_and(|output| output.stdout.starts_with(b"GNU parallel"));
    if !found {
        println!("skipped: GNU parallel is not installed, so there is nothing to compare with");
    }
    found
}

/// Arguments, separated by blanks; `·` stands for a blank within one.
const CASES: &[&str] = &[
    "gzip -k ::: a b",
    "gzip -k {} ::: a·b $HOME x;y",
    "gzip -k {} > {.}.gz ::: a·b.txt x/y.tar.gz / x/ d.x/f /a a. x//y",
    "ls {.} {/} {//} {/.} {#} ::: a·b.txt x/y.tar.gz / x/ .bashrc d.x/f /a a. x//y",
    "ls {1} {2/.} {1.} {-1} ::: a.b c ::: p/q.r",
    "ls ::: a b ::: x y :::+ 1 2",
    "ls ::: a b :::+ c d e",
    "ls ::: a b ::: 1 2 3 ::: x y",
    "-n2 ls {1}-{2} ::: a b c d e",
    "-n2 ls {} {.} x{}y ::: a.c b.d c",
    "-n2 ls ::: a b c ::: 1 2",
    "-N2 ls ::: a b c",
    "-n0 ls {#} ::: a b",
    "::: ls·-l pwd",
    "ls -- x ::: a",
    "-I ,, ls ,, ::: a.b",
    "cat·{}·|·wc·-l ::: a b·c",
    "cd·{}·&&·ls ::: a b·c",
    "cat {} | wc -l ::: a",
    "ls :::: f g",
    "-a f -a g ls",
    "-a f ls ::: q",
    "-a f ls :::: g",
    "ls :::: f ::::+ g",
    "ls :::: f :::+ a b",
    "ls :::: - ::: 8 9",
    "ls ::: 8 9 :::: -",
    "ls",
    "ls {}",
    "-r ls",
    "--tag ls ::: a ::: b",
    "-j1 ls {%} {#} ::: a b c",
    "--joblog log --resume ls ::: a b",
];

#[test]
fn commands_are_those_of_gnu_parallel() {
    if !is_installed() {
        return;
    }
    for case in CASES {
        let session = Session::with_stdin("a\nb·c\n\nd".replace('·', " "));
        session.file("f", "1\n2\n\n3");
        session.file("g", "x\ny\n");
        session.file("will-cite", "");
        let args: Vec<String> = case.split(' ').map(|word| word.replace('·', " ")).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ours = session.cortado(&[&["run", "--dry-run", "-k"], &*args].concat());
        let theirs = session.run("parallel", &[&["--dry-run", "-k"], &*args].concat());
        assert_eq!(ours.text(), theirs.text(), "{case}");
    }
}
