//! The entry and the system calls of 32-bit ARM Linux.

use core::arch::naked_asm;
use core::slice;

use alertik_loader::{Header, unpack};

/// Numbers of system calls (Linux, `arch/arm/tools/syscall.tbl`; the last one
/// `arch/arm/include/uapi/asm/unistd.h`).
const EXIT: u32 = 1;
const MUNMAP: u32 = 91;
const MPROTECT: u32 = 125;
const MMAP2: u32 = 192;
const CACHEFLUSH: u32 = 0x000F_0002;

/// Access and kind of memory (Linux, `include/uapi/asm-generic/mman-common.h`).
const READ: u32 = 1;
const WRITE: u32 = 2;
const EXECUTE: u32 = 4;
const PRIVATE_FIXED_ANONYMOUS: u32 = 0x02 | 0x10 | 0x20;

const PAGE: u32 = 4096;

/// The exit status if the program cannot be unpacked: there is no memory, or the file is
/// damaged.
const UNLOADED: u32 = 127;

unsafe extern "C" {
    /// The header, which `dist` puts at the first word after the loader, with the packed program
    /// after it. The linker defines the name.
    #[link_name = "_end"]
    static HEADER: Header;
}

/// What the kernel calls: the stack pointer is the program's, and the registers mean nothing.
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    naked_asm!(
        "mov r4, sp",
        "bl {load}",
        "mov sp, r4",
        "bx r0",
        load = sym load,
    )
}

/// Unpacks the program and returns its entry.
extern "C" fn load() -> u32 {
    // SAFETY: dist has written a header there.
    let header = unsafe { (&raw const HEADER).read() };
    let packed_at = &raw const HEADER as u32 + Header::BYTES as u32;
    // SAFETY: nothing else is mapped yet at the program's addresses, which are below the loader,
    // and the memory that the slices name is mapped, whole, and used by nobody else.
    unsafe {
        let memory = call(
            MMAP2,
            &[
                header.start,
                header.memory,
                READ | WRITE,
                PRIVATE_FIXED_ANONYMOUS,
                u32::MAX,
                0,
            ],
        );
        if memory != header.start {
            exit();
        }
        let packed = slice::from_raw_parts(packed_at as *const u8, header.packed as usize);
        let program = slice::from_raw_parts_mut(header.start as *mut u8, header.len as usize);
        if !unpack(packed, header.checksum, program) {
            exit();
        }
        // The instruction cache does not see what was written through the data cache.
        call(
            CACHEFLUSH,
            &[header.start, header.start + header.code, 0, 0, 0, 0],
        );
        if call(
            MPROTECT,
            &[header.start, header.code, READ | EXECUTE, 0, 0, 0],
        ) != 0
        {
            exit();
        }
        // The packed form has done its work; the page that the loader itself ends in stays.
        let rest = packed_at.next_multiple_of(PAGE);
        let end = packed_at + header.packed;
        if rest < end {
            call(MUNMAP, &[rest, end - rest, 0, 0, 0, 0]);
        }
    }
    header.entry
}

fn exit() -> ! {
    loop {
        // SAFETY: it ends the process.
        unsafe { call(EXIT, &[UNLOADED, 0, 0, 0, 0, 0]) };
    }
}

/// Makes a system call. Every instruction is one that Thumb code of the first kind has, in which
/// moving between the low registers is adding zero.
///
/// # Safety
///
/// As the call's.
#[unsafe(naked)]
unsafe extern "C" fn call(number: u32, arguments: &[u32; 6]) -> u32 {
    naked_asm!(
        "push {{r4, r5, r6, r7, lr}}",
        "adds r7, r0, #0",
        "adds r6, r1, #0",
        "ldr r0, [r6]",
        "ldr r1, [r6, #4]",
        "ldr r2, [r6, #8]",
        "ldr r3, [r6, #12]",
        "ldr r4, [r6, #16]",
        "ldr r5, [r6, #20]",
        "svc 0",
        "pop {{r4, r5, r6, r7, pc}}",
    )
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit()
}
