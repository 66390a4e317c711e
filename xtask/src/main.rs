//! Build, size, image and flashing tasks of alertik.

fn main() {
    eprintln!("usage: cargo xtask COMMAND");
    std::process::exit(2);
}
