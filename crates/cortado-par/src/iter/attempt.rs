//! What the `try_…` consumers accept as the closure's result: `Result`, `Option` and
//! `ControlFlow`. std's own trait for this is not stable.

use std::ops::ControlFlow;

/// A value that says to go on with something or to stop with something. It cannot be implemented
/// outside.
pub trait Try: Sealed {
    /// With what to go on.
    type Output;

    /// With what to stop.
    type Residual;

    /// Go on with it.
    fn from_output(output: Self::Output) -> Self;

    /// Stop with it.
    fn from_residual(residual: Self::Residual) -> Self;

    /// Which of both it is.
    fn branch(self) -> ControlFlow<Self::Residual, Self::Output>;
}

use seal::Sealed;

mod seal {
    //! Keeps implementations inside of the crate.

    /// See the module.
    pub trait Sealed {}

    impl<T, E> Sealed for Result<T, E> {}
    impl<T> Sealed for Option<T> {}
    impl<B, C> Sealed for std::ops::ControlFlow<B, C> {}
}

impl<T, E> Try for Result<T, E> {
    type Output = T;
    type Residual = E;

    fn from_output(output: T) -> Self {
        Ok(output)
    }

    fn from_residual(residual: E) -> Self {
        Err(residual)
    }

    fn branch(self) -> ControlFlow<E, T> {
        match self {
            Ok(output) => ControlFlow::Continue(output),
            Err(residual) => ControlFlow::Break(residual),
        }
    }
}

impl<T> Try for Option<T> {
    type Output = T;
    type Residual = ();

    fn from_output(output: T) -> Self {
        Some(output)
    }

    fn from_residual((): ()) -> Self {
        None
    }

    fn branch(self) -> ControlFlow<(), T> {
        match self {
            Some(output) => ControlFlow::Continue(output),
            None => ControlFlow::Break(()),
        }
    }
}

impl<B, C> Try for ControlFlow<B, C> {
    type Output = C;
    type Residual = B;

    fn from_output(output: C) -> Self {
        ControlFlow::Continue(output)
    }

    fn from_residual(residual: B) -> Self {
        ControlFlow::Break(residual)
    }

    fn branch(self) -> ControlFlow<B, C> {
        self
    }
}
