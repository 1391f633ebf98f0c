//! The arguments of the attributes, and what is wrong with them.

use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Lit, LitBool, LitInt, LitStr, Result, Token};

/// The flavours of a runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavor {
    Multi,
    Single,
}

/// What was written; nothing is checked against anything else yet.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) flavor: Option<Flavor>,
    pub(crate) worker_threads: Option<LitInt>,
    pub(crate) start_paused: Option<LitBool>,
}

impl Arguments {
    /// The flavour that was asked for, and that all other arguments agree with.
    pub(crate) fn flavor(&self, default: Flavor) -> Result<Flavor> {
        let implied = self.worker_threads.as_ref().map_or(default, |_| Flavor::Multi);
        let flavor = self.flavor.unwrap_or(implied);
        match (flavor, &self.worker_threads, &self.start_paused) {
            (Flavor::Single, Some(threads), _) => Err(Error::new(
                threads.span(),
                "`worker_threads` is for `flavor = \"multi\"`: an event loop is one thread",
            )),
            (Flavor::Multi, _, Some(paused)) if paused.value => Err(Error::new(
                paused.span,
                "`start_paused` needs `flavor = \"single\"`: only the clock of an event loop can stand",
            )),
            _ => Ok(flavor),
        }
    }

    fn read(&mut self, name: &Ident, value: &Lit) -> Result<()> {
        let given_twice = match (name.to_string().as_str(), value) {
            ("flavor", Lit::Str(text)) => self.flavor.replace(flavor(text)?).is_some(),
            ("worker_threads", Lit::Int(count)) => {
                check_threads(count)?;
                self.worker_threads.replace(count.clone()).is_some()
            }
            ("start_paused", Lit::Bool(paused)) => {
                self.start_paused.replace(paused.clone()).is_some()
            }
            ("flavor", _) => return Err(Error::new(value.span(), FLAVORS)),
            ("worker_threads", _) => return Err(Error::new(value.span(), THREADS)),
            ("start_paused", _) => {
                return Err(Error::new(value.span(), "`start_paused` is `true` or `false`"));
            }
            _ => return Err(Error::new(name.span(), NAMES)),
        };
        if given_twice {
            return Err(Error::new(name.span(), format!("`{name}` is given twice")));
        }
        Ok(())
    }
}

const NAMES: &str = "unknown argument: there are `flavor`, `worker_threads` and `start_paused`";
const FLAVORS: &str = "`flavor` is \"multi\" (several threads) or \"single\" (an event loop)";
const THREADS: &str = "`worker_threads` is a number from 1 to 256";

fn flavor(text: &LitStr) -> Result<Flavor> {
    match text.value().as_str() {
        "multi" => Ok(Flavor::Multi),
        "single" => Ok(Flavor::Single),
        "multi_thread" => Err(Error::new(text.span(), "this flavor is called \"multi\" here")),
        "current_thread" => Err(Error::new(text.span(), "this flavor is called \"single\" here")),
        _ => Err(Error::new(text.span(), FLAVORS)),
    }
}

fn check_threads(count: &LitInt) -> Result<()> {
    match count.base10_parse::<usize>() {
        Ok(1..=256) => Ok(()),
        _ => Err(Error::new(count.span(), THREADS)),
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Arguments> {
        let mut arguments = Arguments::default();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            arguments.read(&name, &input.parse()?)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}
