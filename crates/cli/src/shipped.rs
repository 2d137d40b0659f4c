//! The scenarios that come with the command.
//!
//! They are in the binary, so that an installed command can show and copy them; a test sees to it that none is missing.

/// A scenario that comes with the command.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Its name: that of its file, without `.yaml`.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(Shipped { name: $name, text: include_str!(concat!("../../../scenarios/", $name, ".yaml")) }),*]
    };
}

/// All of them, by name.
pub const SHIPPED: &[Shipped] = shipped!["kill-one-of-three", "rolling-restart"];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|shipped| shipped.name == name)
}
