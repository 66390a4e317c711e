//! The four kinds of machine the daemon is shipped for, as data.

use crate::Result;

/// One kind of machine, with everything that its builds need.
#[derive(Debug)]
pub(crate) struct Target {
    /// The name on the command line and in file names.
    pub(crate) name: &'static str,
    /// Rust's target triple.
    pub(crate) triple: &'static str,
    /// Debian's name of the architecture, whose `musl-dev` holds the libc.
    pub(crate) debian: &'static str,
    /// The triple of musl's folders inside that package; clang's target too.
    pub(crate) musl: &'static str,
    /// rustup's target whose `rust-std` brings the same libc.
    pub(crate) rustup_std: &'static str,
    /// Clang's options for the processor.
    pub(crate) clang: &'static [&'static str],
    /// Zig's options for target and processor.
    pub(crate) zig: &'static [&'static str],
    /// Rustc's options for the processor.
    pub(crate) rustc: &'static [&'static str],
    /// Functions of ring's C code that are linked to another one. It is `abort` if
    /// the target never calls them: they are the fallback for processors that lack
    /// something the target has (ring asks the kernel at run time, so the linker
    /// cannot know). Otherwise it is another function of ring's that does the same.
    pub(crate) ring_instead: &'static [(&'static str, &'static str)],
    /// Whether the file is packed and unpacks itself into memory (`pack.rs`): the boards have
    /// 16 MB of flash, and eight times as much memory or more.
    pub(crate) packed: bool,
    /// The image's platform: OCI architecture and variant.
    pub(crate) platform: (&'static str, Option<&'static str>),
    /// `e_machine` of the ELF header, checked on the finished file.
    pub(crate) elf_machine: u16,
    /// The emulator and its arguments; none if the build machine runs the
    /// code itself.
    pub(crate) qemu: &'static [&'static str],
}

/// Makes ring compute points of P-256 and Curve25519 as it does on 32-bit
/// machines, without 175 kB of tables. A key exchange takes a millisecond more.
const SMALL: &str = "-DOPENSSL_SMALL";

/// Functions that ring would call on a processor with NEON. It is compiled as if
/// there were none (shell/Cargo.toml): one implementation of everything is enough,
/// and the plain ones serve every processor.
const NO_NEON: &[(&str, &str)] = &[
    ("bn_mul8x_mont_neon", "abort"),
    ("bsaes_ctr32_encrypt_blocks", "abort"),
    ("gcm_ghash_neon", "abort"),
    ("gcm_gmult_neon", "abort"),
    ("gcm_init_neon", "abort"),
    ("sha256_block_data_order_neon", "abort"),
    ("sha512_block_data_order_neon", "abort"),
    ("vpaes_ctr32_encrypt_blocks", "abort"),
    ("vpaes_encrypt_key_to_bsaes", "abort"),
    ("vpaes_set_encrypt_key", "abort"),
    ("x25519_NEON", "abort"),
];

/// All targets, the one with the size goal first.
pub(crate) const TARGETS: [Target; 4] = [
    // Thumb-2 code: IPQ-40xx, AL21400 and IPQ-50xx boards.
    Target {
        name: "armv7",
        triple: "thumbv7neon-unknown-linux-musleabihf",
        debian: "armhf",
        musl: "arm-linux-musleabihf",
        rustup_std: "armv7-unknown-linux-musleabihf",
        clang: &["-mcpu=cortex-a7", "-mfloat-abi=hard", "-mthumb"],
        zig: &[
            "-target",
            "arm-linux-musleabihf",
            "-mcpu=cortex_a7",
            "-mthumb",
        ],
        // NEON's loads and stores take four bytes, the others often two: the
        // whole is 4 kB smaller without.
        rustc: &["-Ctarget-cpu=cortex-a7", "-Ctarget-feature=-neon"],
        ring_instead: NO_NEON,
        packed: true,
        platform: ("arm", Some("v7")),
        elf_machine: 40,
        qemu: &["qemu-arm-static", "-cpu", "cortex-a7"],
    },
    // EN7562CT boards stop at the first ARMv6 instruction; this build runs on
    // every other 32-bit ARM as well.
    Target {
        name: "armv5",
        triple: "armv5te-unknown-linux-musleabi",
        debian: "armel",
        musl: "arm-linux-musleabi",
        rustup_std: "armv5te-unknown-linux-musleabi",
        clang: &["-march=armv5te", "-mfloat-abi=soft", "-mthumb"],
        zig: &[
            "-target",
            "arm-linux-musleabi",
            "-mcpu=arm926ej_s",
            "-mthumb",
        ],
        // Thumb code of the first kind: slower than ARM code, and a third
        // smaller.
        rustc: &["-Ctarget-feature=+thumb-mode"],
        ring_instead: NO_NEON,
        packed: true,
        platform: ("arm", Some("v5")),
        elf_machine: 40,
        qemu: &["qemu-arm-static", "-cpu", "arm926"],
    },
    Target {
        name: "arm64",
        triple: "aarch64-unknown-linux-musl",
        debian: "arm64",
        musl: "aarch64-linux-musl",
        rustup_std: "aarch64-unknown-linux-musl",
        clang: &[SMALL],
        zig: &["-target", "aarch64-linux-musl", SMALL],
        rustc: &[],
        ring_instead: &[
            ("p256_point_mul_base_vartime", "ring p256_point_mul_base"),
            // NEON, which every processor has, does without these two ways.
            ("aes_nohw_ctr32_encrypt_blocks", "abort"),
            ("aes_nohw_encrypt", "abort"),
            ("aes_nohw_set_encrypt_key", "abort"),
            ("aes_gcm_dec_kernel", "abort"),
            ("aes_gcm_enc_kernel", "abort"),
            ("aes_hw_ctr32_encrypt_blocks", "abort"),
            ("aes_hw_set_encrypt_key", "abort"),
            ("gcm_ghash_clmul", "abort"),
            ("gcm_gmult_clmul", "abort"),
            ("gcm_init_clmul", "abort"),
        ],
        packed: false,
        platform: ("arm64", None),
        elf_machine: 183,
        qemu: &["qemu-aarch64-static", "-cpu", "cortex-a53"],
    },
    Target {
        name: "amd64",
        triple: "x86_64-unknown-linux-musl",
        debian: "amd64",
        musl: "x86_64-linux-musl",
        rustup_std: "x86_64-unknown-linux-musl",
        clang: &[SMALL],
        zig: &["-target", "x86_64-linux-musl", SMALL],
        rustc: &[],
        // These are not compiled with OPENSSL_SMALL; the others take the same
        // arguments and give the same results.
        ring_instead: &[
            (
                "x25519_scalar_mult_adx",
                "ring x25519_scalar_mult_generic_masked",
            ),
            ("p256_point_mul_base_vartime", "ring p256_point_mul_base"),
        ],
        packed: false,
        platform: ("amd64", None),
        elf_machine: 62,
        qemu: &[],
    },
];

impl Target {
    /// Finds the targets that `--target` names; `all` and no name at all mean
    /// every one.
    pub(crate) fn select(name: Option<&str>) -> Result<Vec<&'static Self>> {
        let found: Vec<_> = match name {
            None | Some("all") => TARGETS.iter().collect(),
            Some(name) => TARGETS
                .iter()
                .filter(|target| target.name == name)
                .collect(),
        };
        if found.is_empty() {
            let name = name.unwrap_or_default();
            return Err(format!(
                "--target: there is no `{name}`; take armv7, armv5, arm64, amd64 or all"
            )
            .into());
        }
        Ok(found)
    }

    /// Returns the triple as cargo wants it in variables: `CC_armv5te_…`.
    pub(crate) fn variable(&self) -> String {
        self.triple.replace('-', "_")
    }
}
