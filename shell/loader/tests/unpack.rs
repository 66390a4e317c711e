//! The decoder against an encoder that is not ours, and against damage.

use std::io::Write;

use alertik_loader::{checksum, lzma, thumb, unpack};
use lzma_rust2::{LzmaOptions, LzmaWriter};

/// Compresses as `cargo xtask dist` does.
fn pack(program: &[u8]) -> Vec<u8> {
    let mut code = program.to_vec();
    thumb::to_absolute(&mut code);
    let options = LzmaOptions {
        lc: lzma::LC,
        lp: lzma::LP,
        pb: lzma::PB,
        ..LzmaOptions::with_preset(6)
    };
    let mut writer = LzmaWriter::new_no_header(Vec::new(), &options, false).unwrap();
    writer.write_all(&code).unwrap();
    writer.finish().unwrap()
}

/// Pseudo-random bytes of `kinds` values.
fn noise(len: usize, kinds: u32) -> Vec<u8> {
    let mut state = 7_u32;
    let bytes = (0..len).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) % kinds) as u8
    });
    bytes.collect()
}

/// Programs, texts, noise, and what repeats: near, far, and into itself. This test's own
/// binary is the program.
fn samples() -> Vec<Vec<u8>> {
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let far = [noise(300_000, 256), noise(300_000, 256)].concat();
    vec![
        program[..program.len().min(1 << 20)].to_vec(),
        include_bytes!("unpack.rs").repeat(3),
        noise(50_000, 256),
        noise(50_000, 3),
        far,
        vec![0; 70_000],
        b"ab".repeat(1_000),
        b"x".to_vec(),
        Vec::new(),
    ]
}

/// Whatever was packed comes out byte for byte.
#[test]
fn everything_comes_back() {
    for sample in samples() {
        let packed = pack(&sample);
        let mut program = vec![0xAA; sample.len()];
        assert!(unpack(&packed, checksum(&sample), &mut program));
        assert_eq!(program, sample);
    }
}

/// A file that ends too early, or with a wrong bit anywhere, is not a program.
#[test]
fn damage_is_noticed() {
    let sample = include_bytes!("unpack.rs");
    let sum = checksum(sample);
    let packed = pack(sample);
    let mut program = vec![0; sample.len()];
    for len in (0..packed.len() - 5).step_by(97) {
        assert!(!unpack(&packed[..len], sum, &mut program), "{len} bytes");
    }
    for at in (1..packed.len() - 5).step_by(31) {
        let mut damaged = packed.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(!unpack(&damaged, sum, &mut program), "byte {at}");
    }
}

/// No input makes the decoder leave its buffers.
#[test]
fn any_bytes_end() {
    for kinds in [2, 16, 256] {
        for start in 0..200 {
            let input = noise(2_000 + start, kinds);
            let _ = lzma::decode(&input[start..], &mut vec![0; 10_000]);
        }
    }
}
