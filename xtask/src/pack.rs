//! Packs a program for 32-bit ARM: the file is the loader, which unpacks the rest into
//! memory and jumps to it (`shell/loader`), as these boards' own kernel does.
//!
//! The file is 37 % smaller. The price is a tenth of a second at the start, and memory: what was
//! a part of the file in memory, which the system may drop and read again, is the program's own.

use std::io::Write;

use alertik_loader::{Header, LOADER_START, checksum, lzma, thumb};
use lzma_rust2::{EncodeMode, LzmaOptions, LzmaWriter, MfType};

use crate::Result;
use crate::elf::{Elf, PT_LOAD, PT_TLS, Segment};

const PAGE: usize = 4096;

/// `PT_GNU_STACK`: its flags, read and write, say that the stack holds no code.
const PT_GNU_STACK: u32 = 0x6474_e551;
const READ_EXECUTE: u32 = 5;
const READ_WRITE: u32 = 6;

/// Bytes of the file's header and of a program header (ELF specification, 32 bits).
const ELF_HEADER: usize = 52;
const PROGRAM_HEADER: usize = 32;
/// The program headers of a packed file: the loader with everything, thread-local storage of the
/// program, which its libc looks up there, and the kind of stack.
const PROGRAM_HEADERS: usize = 3;
/// Where the loader's code begins in the file; `loader.ld` says the same.
const CODE: usize = ELF_HEADER + PROGRAM_HEADERS * PROGRAM_HEADER;

/// Packs a finished program after the loader.
///
/// # Errors
///
/// If one of the two is not as the loader needs it.
pub(crate) fn pack(program: &[u8], loader: &[u8]) -> Result<Vec<u8>> {
    let elf = Elf::new(program)?;
    let (mut header, image) = image(&elf)?;
    let packed = compress(&image)?;
    header.packed = u32::try_from(packed.len())?;

    let loader = Elf::new(loader)?;
    let code = loader.segments().find(|segment| segment.kind == PT_LOAD);
    let code = code.filter(|code| code.address == LOADER_START as usize + CODE);
    let code = code.and_then(|code| loader.content(&code));
    let code = code.filter(|code| code.len() % 4 == 0);
    let code = code.ok_or("the loader does not begin where its header says")?;

    let mut file = program[..ELF_HEADER].to_vec();
    file[24..28].copy_from_slice(&u32::try_from(loader.entry())?.to_le_bytes());
    file[28..32].copy_from_slice(&u32::try_from(ELF_HEADER)?.to_le_bytes());
    file[44..46].copy_from_slice(&u16::try_from(PROGRAM_HEADERS)?.to_le_bytes());
    let size = u32::try_from(CODE + code.len() + Header::BYTES + packed.len())?;
    let page = u32::try_from(PAGE)?;
    let start = LOADER_START;
    let mut headers = vec![[PT_LOAD, 0, start, start, size, size, READ_EXECUTE, page]];
    headers.push(thread_local(&elf)?);
    headers.push([PT_GNU_STACK, 0, 0, 0, 0, 0, READ_WRITE, 0]);
    file.extend(headers.iter().flatten().flat_map(|word| word.to_le_bytes()));
    file.extend(code);
    file.extend(header.to_bytes());
    file.extend(&packed);
    Ok(file)
}

/// Returns the program as it is in memory, and the header for that.
fn image(elf: &Elf<'_>) -> Result<(Header, Vec<u8>)> {
    let loaded: Vec<_> = elf
        .segments()
        .filter(|segment| segment.kind == PT_LOAD)
        .collect();
    let [code, data] = loaded[..] else {
        return Err("the program has other segments than code and data".into());
    };
    let start = code.address;
    let code_end = (start + code.size).next_multiple_of(PAGE);
    let end = (data.address + data.memory).next_multiple_of(PAGE);
    if start % PAGE != 0 || data.address < code_end || end > LOADER_START as usize {
        return Err("the program's segments share a page, or are where the loader is".into());
    }
    let mut image = vec![0; data.address + data.size - start];
    for segment in [code, data] {
        let content = elf
            .content(&segment)
            .ok_or("a segment is not in the file")?;
        image[segment.address - start..][..segment.size].copy_from_slice(content);
    }
    let header = Header {
        start: u32::try_from(start)?,
        len: u32::try_from(image.len())?,
        code: u32::try_from(code_end - start)?,
        memory: u32::try_from(end - start)?,
        entry: u32::try_from(elf.entry())?,
        checksum: checksum(&image),
        packed: 0,
    };
    Ok((header, image))
}

/// Returns the program header of thread-local storage, whose bytes are in memory only.
fn thread_local(elf: &Elf<'_>) -> Result<[u32; 8]> {
    let storage = elf.segments().find(|segment| segment.kind == PT_TLS);
    let Some(Segment {
        address,
        size,
        memory,
        align,
        ..
    }) = storage
    else {
        return Err("the program has no thread-local storage".into());
    };
    let [address, size, memory, align] =
        [address, size, memory, align].map(|word| u32::try_from(word).unwrap_or_default());
    Ok([PT_TLS, 0, address, address, size, memory, 4, align])
}

/// Compresses a program for the loader, and sees that it comes out again.
fn compress(image: &[u8]) -> Result<Vec<u8>> {
    let mut code = image.to_vec();
    thumb::to_absolute(&mut code);
    let options = LzmaOptions {
        dict_size: u32::try_from(code.len().next_power_of_two())?,
        lc: lzma::LC,
        lp: lzma::LP,
        pb: lzma::PB,
        mode: EncodeMode::Normal,
        nice_len: LzmaOptions::NICE_LEN_MAX,
        mf: MfType::Bt4,
        depth_limit: 1_000,
        preset_dict: None,
    };
    let mut writer = LzmaWriter::new_no_header(Vec::new(), &options, false)?;
    writer.write_all(&code)?;
    let packed = writer.finish()?;
    let mut unpacked = vec![0; image.len()];
    if !alertik_loader::unpack(&packed, checksum(image), &mut unpacked) {
        return Err("the program does not come out of its packed form".into());
    }
    Ok(packed)
}
