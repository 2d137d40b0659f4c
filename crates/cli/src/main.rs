//! The `rehearsal` command: arguments in, files read, text and an exit code out. What it does is in the library beside
//! it.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
