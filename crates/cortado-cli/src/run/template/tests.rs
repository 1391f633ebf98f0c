//! What the commands of users become. The lines for a shell are also run, with values that would
//! do harm if they were read as anything but data.

use std::process::Command;

use super::*;

const WHEN_NEEDED: Reading<'static> =
    Reading { replace: b"{}", shell: ShellUse::WhenNeeded, append: true };

/// Values that break naive quoting.
const NASTY: &[&[u8]] = &[
    b"",
    b" ",
    b"a b",
    b"it's",
    b"say \"hi\"",
    b"$HOME",
    b"$(touch /tmp/cortado-must-not-exist)",
    b"`touch /tmp/cortado-must-not-exist`",
    b"a;exit 3",
    b"a\nexit 3",
    b"\\",
    b"a\\",
    b"\\'\"$(exit 3)",
    b"*",
    b"~",
    b"-n",
    b"#",
    b"!x",
    b"2",
    b"bar",
    b"do",
    b"'; exit 3; '",
    b"\"; exit 3; \"",
    b"${x:-y}",
    b"\xff\xfe \x80",
    b"caf\xc3\xa9",
    b"tab\there",
    b"\r",
    b"A=1",
    b"{a,b}",
];

fn job(inputs: &[&[u8]]) -> Job {
    let inputs = inputs.iter().map(|input| OsStr::from_bytes(input).to_owned()).collect();
    Job { seq: 3, inputs, stdin: None }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn template(command: &[&str]) -> Template {
    Template::read(&words(command), &WHEN_NEEDED).unwrap()
}

fn render(command: &[&str], inputs: &[&str]) -> Invocation {
    let inputs: Vec<&[u8]> = inputs.iter().map(|input| input.as_bytes()).collect();
    template(command).render(&job(&inputs), 2)
}

fn direct(expected: &[&str]) -> Invocation {
    let mut args = words(expected);
    let program = args.remove(0);
    Invocation::Direct { program, args }
}

fn shell(line: &str, exec: bool) -> Invocation {
    Invocation::Shell { line: line.into(), exec }
}

#[test]
fn words_without_shell_syntax_are_executed_directly_and_exactly() {
    assert_eq!(render(&["gzip", "-k", "{}"], &["a b"]), direct(&["gzip", "-k", "a b"]));
    assert_eq!(render(&["gzip", "-k"], &["a b"]), direct(&["gzip", "-k", "a b"]));
    assert_eq!(render(&["grep", "a b", "{}"], &["f"]), direct(&["grep", "a b", "f"]));
    assert_eq!(render(&["cp", "{}", "{.}.bak"], &["x.c"]), direct(&["cp", "x.c", "x.bak"]));
    assert_eq!(render(&["echo", "{#}", "{%}"], &["x"]), direct(&["echo", "3", "2"]));
    assert_eq!(render(&["echo", "{2}", "{1}"], &["x", "y"]), direct(&["echo", "y", "x"]));
    assert_eq!(render(&["echo", "--", "{}"], &["-n"]), direct(&["echo", "--", "-n"]));
    assert_eq!(render(&["echo", ""], &[""]), direct(&["echo", "", ""]));
    assert_eq!(render(&["[", "-f", "{}", "]"], &["x"]), direct(&["[", "-f", "x", "]"]));
}

#[test]
fn a_plain_line_is_split_and_executed_directly() {
    assert_eq!(render(&["gzip -k {}"], &["a b"]), direct(&["gzip", "-k", "a b"]));
    assert_eq!(render(&["gzip  -k\t{}"], &["a"]), direct(&["gzip", "-k", "a"]));
    assert_eq!(render(&["gzip"], &["a"]), direct(&["gzip", "a"]));
}

#[test]
fn several_inputs_fill_one_placeholder_as_several_arguments() {
    assert_eq!(render(&["echo", "{}"], &["a", "b"]), direct(&["echo", "a", "b"]));
    assert_eq!(render(&["echo", "x{}y"], &["a", "b"]), direct(&["echo", "xa", "by"]));
    assert_eq!(render(&["echo", "{3}", "z"], &["a", "b"]), direct(&["echo", "z"]));
    assert_eq!(render(&["cat {} > out"], &["a b", "c"]), shell("cat 'a b' c > out", true));
}

#[test]
fn shell_syntax_goes_to_the_shell() {
    assert_eq!(
        render(&["gzip", "-c", "{}", ">", "{.}.gz"], &["a.x"]),
        shell("gzip -c a.x > a.gz", true)
    );
    assert_eq!(render(&["cat {} | wc -l"], &["a b"]), shell("cat 'a b' | wc -l", false));
    assert_eq!(render(&["cd {} && make"], &["d"]), shell("cd d && make", false));
    assert_eq!(render(&["ls *.rs"], &["d"]), shell("ls *.rs d", true));
    assert_eq!(render(&["make 2>&1"], &["d"]), shell("make 2>&1 d", true));
    assert_eq!(render(&["grep", "a b", "{}", ">", "o"], &["f"]), shell("grep 'a b' f > o", true));
    assert_eq!(
        render(&["grep", "a {} b", "x", ">o"], &["f g"]),
        shell("grep 'a ''f g'' b' x >o", true)
    );
}

#[test]
fn the_shells_own_words_go_to_the_shell_and_are_not_replaced_by_exec() {
    assert_eq!(render(&["exit", "{}"], &["3"]), shell("exit 3", false));
    assert_eq!(render(&["ulimit -n"], &["3"]), shell("ulimit -n 3", false));
    assert_eq!(render(&["A=1", "make"], &["x"]), shell("A=1 make x", false));
    assert_eq!(render(&["echo {} > f"], &["x"]), shell("echo x > f", false));
    assert_eq!(
        render(&["for i in {}; do :; done"], &["x"]),
        shell("for i in x; do :; done", false)
    );
}

#[test]
fn inputs_can_be_the_commands_themselves() {
    let render = |input: &str| {
        let template = Template::read(&[], &WHEN_NEEDED).unwrap();
        template.render(&job(&[input.as_bytes()]), 1)
    };
    assert_eq!(render("ls -l x"), direct(&["ls", "-l", "x"]));
    assert_eq!(render("ls | wc"), shell("ls | wc", false));
    assert_eq!(render("ls > '{}'"), shell("ls > '{}'", true));
    assert_eq!(render("# nothing"), shell("# nothing", false));
    assert_eq!(render(""), shell("", false));
}

#[test]
fn the_use_of_a_shell_can_be_demanded_or_forbidden() {
    let read = |command: &[&str], shell| {
        let reading = Reading { shell, ..WHEN_NEEDED };
        Template::read(&words(command), &reading).unwrap().render(&job(&[b"a b"]), 1)
    };
    assert_eq!(read(&["ls", "-l"], ShellUse::Always), shell("ls -l 'a b'", true));
    assert_eq!(
        read(&["awk", "{print $1}", "{}"], ShellUse::Never),
        direct(&["awk", "{print $1}", "a b"])
    );
}

#[test]
fn without_appending_the_command_stays_as_it_is() {
    let reading = Reading { append: false, ..WHEN_NEEDED };
    let template = Template::read(&words(&["wc", "-l"]), &reading).unwrap();
    assert_eq!(template.render(&job(&[b"a"]), 1), direct(&["wc", "-l"]));
}

#[test]
fn places_without_safe_quoting_are_refused() {
    for command in [
        "echo `cat {}`",
        "echo \"`cat {}`\"",
        "echo ${x:-{}}",
        "echo \"${x:-{}}\"",
        "echo $(({} + 1))",
        "(({} > 1)) && ls",
        "ls # about {}",
        "cat <<E\n{}\nE",
        "printf $'a\\'' {}",
        "echo $(case x in x) echo \"{}\";; esac)",
        "echo \"${x:-\"y\"}\" {}",
    ] {
        let read = Template::read(&words(&[command]), &WHEN_NEEDED);
        assert!(matches!(read, Err(TemplateError::Unsafe(_))), "{command}: {read:?}");
    }
    for command in ["ls # note", "echo 'a", "echo \"a", "cat <<E\nx\nE\n", "echo a\\"] {
        let read = Template::read(&words(&[command]), &WHEN_NEEDED);
        assert!(matches!(read, Err(TemplateError::NoAppend(_))), "{command}: {read:?}");
    }
    let read = Template::read(&words(&["echo $,,"]), &Reading { replace: b",,", ..WHEN_NEEDED });
    assert!(matches!(read, Err(TemplateError::Unsafe(_))));
}

#[test]
fn counted_numbers_may_stand_anywhere() {
    let command = "echo $(({#}+1)) `echo {%}` # {#}";
    assert_eq!(render(&[command], &["x"]), shell("echo $((3+1)) `echo 2` # 3", false));
}

#[test]
fn the_shells_own_braces_are_no_placeholders() {
    let command = "x={}; echo ${x} ${1} ${#} \\{}";
    assert_eq!(render(&[command], &["v"]), shell("x=v; echo ${x} ${1} ${#} \\{}", false));
}

/// Runs an invocation and returns what it wrote to standard output.
fn output_of(invocation: Invocation) -> Vec<u8> {
    let argv = invocation.into_argv(OsStr::new("/bin/sh"));
    let output = Command::new(&argv[0]).args(&argv[1..]).output().unwrap();
    assert!(output.status.success(), "{argv:?}: {output:?}");
    output.stdout
}

#[test]
fn nasty_values_reach_the_program_byte_for_byte() {
    let cases: &[(&str, &str, &str)] = &[
        ("printf %s {}", "", ""),
        ("printf %s {};", "", ""),
        ("printf %s \"{}\";", "", ""),
        ("printf %s '{}';", "", ""),
        ("printf %s \"a {} b\";", "a ", " b"),
        ("printf %s 'a {} b';", "a ", " b"),
        ("printf %s a{}b;", "a", "b"),
        ("printf %s \"\\{}\";", "\\", ""),
        ("printf %s \"\\\\{}\";", "\\", ""),
        ("printf %s \"$(printf %s. {})\";", "", "."),
        ("printf %s \"$(printf %s. \"{}\")\";", "", "."),
        ("printf %s \"$(printf %s. '{}')\";", "", "."),
        ("(printf %s {})", "", ""),
        ("printf %s {} | cat", "", ""),
        ("foo=x; printf %s $foo{};", "x", ""),
        ("foo=x; printf %s \"$foo{}\";", "x", ""),
        ("x={}; printf %s \"$x\"", "", ""),
        ("printf %s {}>&1", "", ""),
        ("printf %s {} # done, isn't it", "", ""),
        ("case {} in *) printf %s {};; esac", "", ""),
        ("if :; then printf %s \"{}\"; fi", "", ""),
    ];
    for (command, before, after) in cases {
        let template = template(&[command]);
        for value in NASTY {
            let got = output_of(template.render(&job(&[value]), 1));
            let expected = [before.as_bytes(), value, after.as_bytes()].concat();
            assert_eq!(got, expected, "{command} with {}", value.escape_ascii());
        }
    }
    assert!(!std::path::Path::new("/tmp/cortado-must-not-exist").exists());
}

#[test]
fn nasty_values_are_safe_when_they_are_appended_or_in_a_script() {
    for value in NASTY {
        let appended = template(&["true; printf %s"]).render(&job(&[value]), 1);
        assert_eq!(output_of(appended), *value);
        let script = template(&["sh", "-c", "printf %s \"{}\"; true"]).render(&job(&[value]), 1);
        assert!(matches!(script, Invocation::Direct { .. }));
        assert_eq!(output_of(script), *value);
        let words = template(&["printf", "%s", "{}", ">&1"]).render(&job(&[value]), 1);
        assert_eq!(output_of(words), *value);
    }
}

#[test]
fn what_is_displayed_does_the_same_in_a_shell() {
    for value in NASTY {
        let shown = template(&["printf", "%s", "{}"]).render(&job(&[value]), 1).display();
        let line = OsString::from_vec(shown);
        assert_eq!(output_of(Invocation::Shell { line, exec: false }), *value);
    }
}

#[test]
fn the_program_is_known_where_it_is_certain() {
    let program = |command: &[&str]| template(command).program().map(OsStr::to_owned);
    assert_eq!(program(&["gzip", "{}"]), Some("gzip".into()));
    assert_eq!(program(&["gzip {} > x"]), Some("gzip".into()));
    assert_eq!(program(&["gzip {} | cat"]), None);
    assert_eq!(program(&["{}", "x"]), None);
    assert_eq!(program(&["cd", "x"]), None);
    assert_eq!(template(&["echo", "{2} {-3}"]).highest_position(), 3);
}
