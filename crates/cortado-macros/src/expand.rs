//! The function that an attribute makes of an `async fn`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, ItemFn, Result};

use crate::arguments::{Arguments, Flavor};

/// Which attribute it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Main,
    Test,
}

/// The new function; where something is wrong, the error beside the function as it was, so that
/// nothing else is reported about it.
pub(crate) fn expand(kind: Kind, arguments: TokenStream, function: TokenStream) -> TokenStream {
    try_expand(kind, arguments, function.clone()).unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote! { #error #function }
    })
}

fn try_expand(kind: Kind, arguments: TokenStream, function: TokenStream) -> Result<TokenStream> {
    let function: ItemFn = syn::parse2(function)?;
    check(kind, &function)?;
    let arguments: Arguments = syn::parse2(arguments)?;
    let default = if kind == Kind::Main { Flavor::Multi } else { Flavor::Single };
    let runtime = runtime(&arguments, arguments.flavor(default)?);
    let ItemFn { attrs, vis, mut sig, block, .. } = function;
    sig.asyncness = None;
    let test = (kind == Kind::Test).then(|| quote! { #[::core::prelude::v1::test] });
    // The whole body has the place of the block, so that errors in it point there.
    let body = quote_spanned! { block.span() =>
        {
            let body = async #block;
            #runtime.block_on(body)
        }
    };
    Ok(quote! { #(#attrs)* #test #vis #sig #body })
}

fn check(kind: Kind, function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    let name = if kind == Kind::Main { "#[cortado::main]" } else { "#[cortado::test]" };
    if signature.asyncness.is_none() {
        let message = format!("{name} runs an `async fn`: put `async` before `fn`");
        return Err(Error::new(signature.fn_token.span, message));
    }
    if let Some(input) = signature.inputs.first() {
        return Err(Error::new(input.span(), format!("{name}: the function takes no arguments")));
    }
    if kind == Kind::Main && signature.ident != "main" {
        return Err(Error::new(signature.ident.span(), format!("{name} is for `main`")));
    }
    let is_test = |attribute: &&syn::Attribute| attribute.path().is_ident("test");
    if let Some(second) = function.attrs.iter().find(is_test).filter(|_| kind == Kind::Test) {
        let message = "a second `#[test]` would run the function twice: remove it";
        return Err(Error::new(second.span(), message));
    }
    Ok(())
}

fn runtime(arguments: &Arguments, flavor: Flavor) -> TokenStream {
    let threads = arguments.worker_threads.iter().map(|count| quote! { .worker_threads(#count) });
    let paused = arguments.start_paused.iter().map(|paused| quote! { .start_paused(#paused) });
    let build = match flavor {
        Flavor::Multi => quote! { build() },
        Flavor::Single => quote! { build_single() },
    };
    quote! {
        ::cortado::Builder::new()#(#threads)*#(#paused)*.#build.expect("the system gives a runtime")
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;

    use super::{Kind, expand, try_expand};

    fn expanded(kind: Kind, arguments: &str, function: &str) -> String {
        let parse = |text: &str| text.parse::<TokenStream>().expect("tokens");
        let tokens = try_expand(kind, parse(arguments), parse(function)).expect("no error");
        tokens.to_string().replace(' ', "")
    }

    fn error(kind: Kind, arguments: &str, function: &str) -> String {
        let parse = |text: &str| text.parse::<TokenStream>().expect("tokens");
        let (arguments, function) = (parse(arguments), parse(function));
        let whole = expand(kind, arguments.clone(), function.clone()).to_string();
        assert!(whole.contains("compile_error"), "{whole}");
        try_expand(kind, arguments, function).expect_err("an error").to_string()
    }

    #[test]
    fn main_is_multi_and_test_is_single() {
        let main = expanded(Kind::Main, "", "async fn main() -> u8 { 1 }");
        assert!(main.starts_with("fnmain()->u8{"), "{main}");
        assert!(main.contains("Builder::new().build()"), "{main}");
        let test = expanded(Kind::Test, "", "#[ignore] async fn works() {}");
        assert!(test.starts_with("#[ignore]#[::core::prelude::v1::test]fnworks()"), "{test}");
        assert!(test.contains("Builder::new().build_single()"), "{test}");
    }

    #[test]
    fn arguments_reach_the_builder() {
        let main =
            expanded(Kind::Main, "flavor = \"multi\", worker_threads = 3,", "async fn main() {}");
        assert!(main.contains("Builder::new().worker_threads(3).build()"), "{main}");
        let test = expanded(Kind::Test, "worker_threads = 3", "async fn t() {}");
        assert!(test.contains(".worker_threads(3).build()"), "{test}");
        let test = expanded(Kind::Test, "start_paused = true", "async fn t() {}");
        assert!(test.contains(".start_paused(true).build_single()"), "{test}");
        let single = expanded(Kind::Main, "flavor = \"single\"", "async fn main() {}");
        assert!(single.contains(".build_single()"), "{single}");
    }

    #[test]
    fn bad_arguments_are_told() {
        let told = |arguments| error(Kind::Main, arguments, "async fn main() {}");
        assert!(told("threads = 3").contains("there are `flavor`"));
        assert!(told("flavor = \"fast\"").contains("\"single\" (an event loop)"));
        assert!(
            told("flavor = single").contains("expected literal"),
            "{}",
            told("flavor = single")
        );
        assert!(told("flavor = 1").contains("`flavor` is"));
        assert!(told("flavor = \"current_thread\"").contains("called \"single\" here"));
        assert!(told("flavor = \"multi_thread\"").contains("called \"multi\" here"));
        assert!(told("worker_threads = 0").contains("from 1 to 256"));
        assert!(told("worker_threads = \"2\"").contains("from 1 to 256"));
        assert!(told("worker_threads = 1, worker_threads = 2").contains("given twice"));
        assert!(told("flavor = \"single\", worker_threads = 2").contains("is one thread"));
        assert!(told("start_paused = true").contains("needs `flavor = \"single\"`"));
        assert!(told("start_paused = 1").contains("`true` or `false`"));
    }

    #[test]
    fn bad_functions_are_told() {
        assert!(error(Kind::Main, "", "fn main() {}").contains("put `async` before `fn`"));
        assert!(error(Kind::Main, "", "async fn main(x: u8) {}").contains("takes no arguments"));
        assert!(error(Kind::Main, "", "async fn other() {}").contains("is for `main`"));
        assert!(error(Kind::Test, "", "#[test] async fn t() {}").contains("twice"));
        assert!(error(Kind::Test, "", "struct S;").contains("expected"));
    }
}
