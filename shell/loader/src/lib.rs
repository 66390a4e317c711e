//! What the loader does, without the parts that need a processor: the program comes out
//! of its packed form, byte for byte.
//!
//! `cargo xtask dist` packs the binaries of 32-bit ARM, whose boards have 16 MB of flash,
//! and puts the loader (`main.rs`) before the result. [`Header`] is the agreement of the two.

#![no_std]
#![forbid(unsafe_code)]

pub mod lzma;
pub mod thumb;

/// Where a packed program belongs, in bytes and addresses: the words after the loader's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Header {
    /// The first address of the program: a multiple of a page.
    pub start: u32,
    /// The bytes that are unpacked to there: code, constants, and the values that
    /// variables begin with.
    pub len: u32,
    /// The bytes of that which are code and constants: a multiple of a page.
    pub code: u32,
    /// All bytes of memory, variables that begin with zero included: a multiple of a page.
    pub memory: u32,
    /// The address at which the program begins; its lowest bit means Thumb code.
    pub entry: u32,
    /// [`checksum`] of what is unpacked.
    pub checksum: u32,
    /// The bytes of the packed program, which follow.
    pub packed: u32,
}

impl Header {
    /// The bytes of a header.
    pub const BYTES: usize = size_of::<Self>();

    /// Returns the header as it is written into the file: words of little endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let words = [
            self.start,
            self.len,
            self.code,
            self.memory,
            self.entry,
            self.checksum,
            self.packed,
        ];
        let mut bytes = [0; Self::BYTES];
        for (bytes, word) in bytes.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// The first address of the loader: above every program, which [`Header::start`] and
/// [`Header::memory`] must end below, and above everything that Linux puts at the bottom.
pub const LOADER_START: u32 = 0x0100_0000;

/// Unpacks a program of Thumb code; returns whether it came out whole, as `checksum` says.
#[must_use]
pub fn unpack(packed: &[u8], checksum: u32, program: &mut [u8]) -> bool {
    let enough = lzma::decode(packed, program);
    thumb::to_relative(program);
    enough && self::checksum(program) == checksum
}

/// Returns the 32-bit FNV-1a hash (RFC 9923): a file that the flash has damaged must
/// not run.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811C_9DC5, |hash, &byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
