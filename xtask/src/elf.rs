//! The finished file: checked for the needs of a router, and freed of everything
//! else.

use crate::Result;
use crate::targets::Target;

/// Program header types (ELF specification, "Program Header").
pub(crate) const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
pub(crate) const PT_TLS: u32 = 7;

/// Reads fields of a little-endian ELF file of either word size.
pub(crate) struct Elf<'a> {
    bytes: &'a [u8],
    wide: bool,
}

/// A segment: a part of the file, and where it is in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    /// One of the types above, or another one.
    pub(crate) kind: u32,
    pub(crate) offset: usize,
    pub(crate) size: usize,
    pub(crate) address: usize,
    /// At least `size`; the rest are zeros.
    pub(crate) memory: usize,
    pub(crate) align: usize,
}

impl<'a> Elf<'a> {
    /// Reads the kind of file.
    ///
    /// # Errors
    ///
    /// If it is not a little-endian ELF file.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self> {
        match bytes.get(..6) {
            Some(b"\x7fELF\x01\x01") => Ok(Self { bytes, wide: false }),
            Some(b"\x7fELF\x02\x01") => Ok(Self { bytes, wide: true }),
            _ => Err("the linker's output is not a little-endian ELF file".into()),
        }
    }

    /// Reads a number of `size` bytes at `at`; beyond the end there are zeros.
    fn number(&self, at: usize, size: usize) -> usize {
        let bytes = self.bytes.get(at..at + size).unwrap_or_default();
        bytes
            .iter()
            .rev()
            .fold(0, |sum, &byte| sum << 8 | usize::from(byte))
    }

    /// Reads the field that stands at `narrow` in 32-bit and at `wide` in
    /// 64-bit files and is a word of that size.
    fn word(&self, narrow: usize, wide: usize) -> usize {
        if self.wide {
            self.number(wide, 8)
        } else {
            self.number(narrow, 4)
        }
    }

    /// Returns the address at which the program begins.
    pub(crate) fn entry(&self) -> usize {
        self.word(24, 24)
    }

    /// Returns the bytes of a segment that are in the file.
    pub(crate) fn content(&self, segment: &Segment) -> Option<&'a [u8]> {
        self.bytes
            .get(segment.offset..segment.offset + segment.size)
    }

    /// Returns the segments in the order of their headers.
    pub(crate) fn segments(&self) -> impl Iterator<Item = Segment> {
        let table = self.word(28, 32);
        let (entry_size, count) = if self.wide { (54, 56) } else { (42, 44) };
        let (entry_size, count) = (self.number(entry_size, 2), self.number(count, 2));
        (0..count).map(move |index| {
            let at = table + index * entry_size;
            Segment {
                kind: u32::try_from(self.number(at, 4)).unwrap_or_default(),
                offset: self.word(at + 4, at + 8),
                size: self.word(at + 16, at + 32),
                address: self.word(at + 8, at + 16),
                memory: self.word(at + 20, at + 40),
                align: self.word(at + 28, at + 48),
            }
        })
    }
}

/// Checks that a binary is static and of the target's machine, and cuts off
/// everything after its last loaded byte: section headers and their names,
/// the compilers' comments and the ARM attributes, which no kernel reads. That
/// is about 1 kB.
///
/// # Errors
///
/// Names the fault of the file.
pub(crate) fn finish(target: &Target, mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    let elf = Elf::new(&bytes)?;
    let machine = elf.number(18, 2);
    if machine != usize::from(target.elf_machine) {
        return Err(format!("{}: machine {machine} is the wrong one", target.name).into());
    }
    let dynamic = elf
        .segments()
        .any(|segment| matches!(segment.kind, PT_DYNAMIC | PT_INTERP));
    if dynamic {
        return Err(format!("{}: the binary is not static", target.name).into());
    }
    let loaded = elf.segments().filter(|segment| segment.kind == PT_LOAD);
    let end = loaded.map(|segment| segment.offset + segment.size).max();
    let end = end.filter(|&end| end <= bytes.len());
    let Some(end) = end else {
        return Err(format!("{}: the segments do not fit the file", target.name).into());
    };
    // e_shoff, then e_shentsize, e_shnum and e_shstrndx.
    let (offset, rest) = if elf.wide {
        (40..48, 58..64)
    } else {
        (32..36, 46..52)
    };
    bytes.truncate(end);
    bytes[offset].fill(0);
    bytes[rest].fill(0);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::TARGETS;

    /// Returns a 64-bit x86 file with one segment of 16 bytes after the
    /// headers and eight bytes after that.
    fn file(kind: u8) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(64 + 56 + 24, 0xAA);
        bytes[18..20].copy_from_slice(&[62, 0]);
        bytes[32..40].copy_from_slice(&64_u64.to_le_bytes());
        bytes[54..56].copy_from_slice(&56_u16.to_le_bytes());
        bytes[56..58].copy_from_slice(&1_u16.to_le_bytes());
        bytes[64..68].copy_from_slice(&[kind, 0, 0, 0]);
        bytes[72..80].copy_from_slice(&120_u64.to_le_bytes());
        bytes[96..104].copy_from_slice(&16_u64.to_le_bytes());
        bytes
    }

    /// Nothing after the last loaded byte is shipped.
    #[test]
    fn bytes_after_the_last_segment_go() {
        let bytes = finish(&TARGETS[3], file(1)).unwrap();
        assert_eq!(bytes.len(), 120 + 16);
        assert!(
            bytes[40..48]
                .iter()
                .chain(&bytes[58..64])
                .all(|&byte| byte == 0)
        );
    }

    /// No file ships that the target cannot run by itself.
    #[test]
    fn other_machines_and_dynamic_files_are_refused() {
        assert!(finish(&TARGETS[2], file(1)).is_err());
        assert!(finish(&TARGETS[3], file(2)).is_err());
        assert!(finish(&TARGETS[3], b"#!/bin/sh".to_vec()).is_err());
    }
}
